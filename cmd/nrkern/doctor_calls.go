package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"
)

// rlimitMemlock is RLIMIT_MEMLOCK of x86-64.
const rlimitMemlock = 8

// The first 64 bytes of perf_event_attr, the size of its first version
// (perf_event_open(2)): enough for a plain counter.
type counterAttr struct {
	kind, size       uint32
	config           uint64
	_, _, _          uint64 // sample period, sample type, read format
	flags            uint64
	wakeup, breakTyp uint32
	_                uint64
}

// A counter is named by its type and its number within that.
type kindOfCounter struct{ kind, number uint32 }

var (
	hardwareCycles   = kindOfCounter{0, 0} // PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES
	softwareSwitches = kindOfCounter{1, 3} // PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES
)

const (
	counterDisabled      = 1 << 0
	counterExcludeKernel = 1 << 5
	counterExcludeHyper  = 1 << 6
)

// tryCounter opens a counter for the calling thread, disabled and of user mode
// alone, and closes it.
func tryCounter(c kindOfCounter) error {
	attr := counterAttr{kind: c.kind, config: uint64(c.number), flags: counterDisabled | counterExcludeKernel | counterExcludeHyper}
	attr.size = uint32(unsafe.Sizeof(attr))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const thisThread, anyCPU, noGroup = 0, ^uintptr(0), ^uintptr(0)
	fd, _, errno := syscall.Syscall6(syscall.SYS_PERF_EVENT_OPEN, uintptr(unsafe.Pointer(&attr)), thisThread, anyCPU, noGroup, 0, 0)
	runtime.KeepAlive(&attr)
	if errno != 0 {
		return fmt.Errorf("perf_event_open: %w", errno)
	}
	return syscall.Close(int(fd))
}

// couldMake says why a directory could not be made or written, without making
// it: the nearest directory that exists must allow it.
func couldMake(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case isAny(err, fs.ErrNotExist, syscall.ENOTDIR) && dir != filepath.Dir(dir):
			continue
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is no directory", dir)
		}
		const write, search = 2, 1
		if err := syscall.Access(dir, write|search); err != nil {
			return fmt.Errorf("%s cannot be written: %w", dir, err)
		}
		return nil
	}
}
