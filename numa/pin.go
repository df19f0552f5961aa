package numa

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// startCPUs is the affinity the process was started with, read before any
// thread can have been pinned: what the user (taskset, a cpuset, a supervisor)
// let this process have. Pin does not leave it, though Linux would let it; a CPU
// that comes online later is not in it.
var startCPUs, errStartCPUs = Affinity()

// Pin binds the calling thread to the CPUs. A CPU that is unknown, offline,
// or outside what the process was started with is an ErrCPU that says which
// are allowed, and the thread stays where it was.
//
// The caller has locked the goroutine to its thread.
func Pin(cpus ...int) error {
	purpose := "pin the thread to " + describeCPUs(cpus)
	if len(cpus) == 0 {
		return fmt.Errorf("numa: pin the thread: %w: no CPU given; name at least one", ErrCPU)
	}
	allowed, err := Allowed()
	if err != nil {
		return err
	}
	want := newMask(cpuMaskBits)
	var outside []int
	for _, cpu := range cpus {
		if !want.set(cpu) || !slices.Contains(allowed, cpu) {
			outside = append(outside, cpu)
		}
	}
	if len(outside) > 0 {
		return outsideError(purpose, outside, allowed)
	}
	before, err := Affinity()
	if err != nil {
		return err
	}
	if errno := setAffinity(want); errno != 0 {
		e := &CallError{Purpose: purpose, Call: "sched_setaffinity", Errno: errno}
		if errno == unix.EINVAL {
			e.Kind = ErrCPU
			e.Remedy = "the CPUs went offline or the cpuset changed since the process started: see nrkern topo"
		}
		return e.explain()
	}
	// Linux drops the CPUs it does not like and reports success as long as one
	// is left (sched_setaffinity(2)): ask what became of it.
	got, err := Affinity()
	if err != nil {
		return err
	}
	if !slices.Equal(got, distinct(cpus)) {
		restore := newMask(cpuMaskBits)
		for _, cpu := range before {
			restore.set(cpu)
		}
		setAffinity(restore)
		return &CallError{
			Purpose: purpose, Call: "sched_setaffinity", Kind: ErrCPU,
			Found:  "Linux gave CPUs " + FormatList(got) + " only",
			Remedy: "the others are offline or the cpuset changed since the process started: see nrkern topo",
		}
	}
	return nil
}

func outsideError(purpose string, outside, allowed []int) error {
	return fmt.Errorf("numa: %s: %w: %s unknown, offline or outside this process's affinity; allowed are %s (started under taskset or a cpuset? see nrkern topo)",
		purpose, ErrCPU, describeCPUs(outside), describeCPUs(allowed))
}

// Allowed gives the CPUs that Pin accepts, ascending: those the process was
// started with, and those of the calling thread.
func Allowed() ([]int, error) {
	if errStartCPUs != nil {
		return nil, errStartCPUs
	}
	now, err := Affinity()
	if err != nil {
		return nil, err
	}
	return distinct(slices.Concat(startCPUs, now)), nil
}

// Affinity gives the online CPUs that the calling thread may run on,
// ascending.
func Affinity() ([]int, error) {
	m := newMask(cpuMaskBits)
	_, _, errno := unix.RawSyscall(unix.SYS_SCHED_GETAFFINITY, 0, uintptr(len(m)*8), uintptr(unsafe.Pointer(&m[0])))
	if errno != 0 {
		return nil, (&CallError{Purpose: "read the thread's affinity", Call: "sched_getaffinity", Errno: errno}).explain()
	}
	return m.list(), nil
}

func setAffinity(m mask) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_SCHED_SETAFFINITY, 0, uintptr(len(m)*8), uintptr(unsafe.Pointer(&m[0])))
	return errno
}

// CurrentCPU gives the CPU that the calling thread runs on, or -1 where the
// getcpu call is forbidden. Unless the thread is pinned to one, it may be
// another by the time the answer is read.
func CurrentCPU() int {
	cpu, _ := current()
	return cpu
}

// CurrentNode gives the Linux node that the calling thread runs on, with the
// reservations of CurrentCPU.
func CurrentNode() int {
	_, node := current()
	return node
}

func current() (cpu, node int) {
	var c, n uint32
	_, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&c)), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return -1, -1
	}
	return int(c), int(n)
}
