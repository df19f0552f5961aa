package node

import (
	"os"
	"runtime/debug"
)

// collectPercent is GOGC in a kernel process: the heap may grow fivefold
// between two cycles of the collector.
//
// A kernel's data are blocks without pointers, which it fills once and writes
// over: a loaded kernel makes no garbage, and only what the supervisor asks of
// it does. So cycles come while a replica grows, at each doubling with the
// runtime's 100 (6 until it has 100 MB, each with stops of up to 0.3 ms and 8
// to 13 ms of concurrent work on CPUs that spin), and at each growth by five
// here (2). Resident memory is the same, 152 MB: what would be garbage is not
// made. Off altogether, a kernel would grow for as long as it is asked.
const collectPercent = 400

// settleCollector sets the collector of a kernel process, unless the user has.
func settleCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectPercent)
	}
}
