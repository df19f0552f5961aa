package transport

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing/site"
)

// Futex operations without FUTEX_PRIVATE_FLAG: the waiters are in several
// processes.
const (
	futexWaitOp = 0
	futexWakeOp = 1
)

// futexWait sleeps while the low half of w is seen, at most d. It may return
// at any time. Syscall6 tells the Go scheduler that this thread blocks; a raw
// call would keep the P and stop the collector.
func futexWait(w *Word, seen uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	site.ParkBegin(uintptr(unsafe.Pointer(w)))
	_, _, _ = syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&w.v)), futexWaitOp,
		uintptr(seen), uintptr(unsafe.Pointer(&ts)), 0, 0)
	site.ParkEnd(uintptr(unsafe.Pointer(w)))
}

// futexWake wakes up to n threads that sleep on w.
func futexWake(w *Word, n int) {
	site.Wake(uintptr(unsafe.Pointer(w)))
	_, _, _ = syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&w.v)), futexWakeOp,
		uintptr(n), 0, 0, 0)
}

// osYield lets another thread have this CPU. A raw call: it does not block, so
// the Go scheduler need not hear of it.
func osYield() { _, _, _ = syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
