package measure

import (
	"runtime"
	"runtime/debug"
)

// Quiet readies the Go runtime for threads that spin: one more processor than
// those, or everything else waits for them, and no collector. It returns what
// puts things back.
func Quiet(spinners int) (restore func()) {
	percent := debug.SetGCPercent(-1)
	procs := runtime.GOMAXPROCS(spinners + 1)
	return func() {
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(percent)
	}
}
