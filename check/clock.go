package check

import (
	"fmt"
	"syscall"
	"unsafe"
)

const clockMonotonic = 1

// monotonic returns CLOCK_MONOTONIC in nanoseconds. Go's own monotonic times
// begin with each process; a system call's 200 ns do not matter to a history.
func monotonic() int64 {
	var t syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		// Every Linux has this clock, and t is ours.
		panic(fmt.Sprintf("clock_gettime(CLOCK_MONOTONIC): %v", errno))
	}
	return t.Nano()
}
