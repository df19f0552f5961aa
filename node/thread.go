package node

import (
	"runtime"

	"github.com/nrkern/nrkern/numa"
)

// onCPU runs f on a thread of its own that is pinned to a CPU, and returns when
// f has. The thread ends with it: no other goroutine may inherit its affinity.
func onCPU(cpu int, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked
		if err := numa.Pin(cpu); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// spareProcessors is what a kernel's GOMAXPROCS is above the number of its
// working threads: one for the attending thread, which may spin too, and one
// for everybody else. With none to spare, others wait for up to 300 ms.
const spareProcessors = 2

// provideProcessors sets GOMAXPROCS for a number of working threads.
func provideProcessors(threads int) { runtime.GOMAXPROCS(max(threads, 1) + spareProcessors) }
