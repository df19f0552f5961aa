package privilege

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Capability is one of capabilities(7).
type Capability struct {
	Name string
	bit  uint
}

// The capabilities that tracing can need.
var (
	// SysAdmin attaches uprobes and lets Linux measure BPF programs.
	SysAdmin = Capability{"cap_sys_admin", unix.CAP_SYS_ADMIN}
	// BPF loads programs and reads maps.
	BPF = Capability{"cap_bpf", unix.CAP_BPF}
	// PerfMon opens counters of other processes, and attaches to tracepoints.
	PerfMon = Capability{"cap_perfmon", unix.CAP_PERFMON}
)

// ErrMissing is the error of a process that lacks a capability.
var ErrMissing = errors.New("missing capability")

// Check says which of the capabilities the process lacks: nil or an ErrMissing.
// CAP_SYS_ADMIN stands for the others, as in Linux.
func Check(needed ...Capability) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	has := func(c Capability) bool { return have[c.bit/32].Effective>>(c.bit%32)&1 != 0 }
	var names []string
	for _, c := range needed {
		if !has(c) && !has(SysAdmin) {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMissing, strings.Join(names, ", "))
}

// Remedy says how to get capabilities.
func Remedy(needed ...Capability) string { return "run as root, or " + Setcap("nrkern", needed...) }

// Setcap is the line that gives a program capabilities.
func Setcap(program string, needed ...Capability) string {
	var names []string
	for _, c := range needed {
		names = append(names, c.Name)
	}
	return fmt.Sprintf("setcap %s+ep %s", strings.Join(names, ","), program)
}

// Keep gives up all capabilities of the process but some, of which it keeps
// those that it has.
func Keep(kept ...Capability) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	var want [2]unix.CapUserData
	for _, c := range kept {
		word, bit := &want[c.bit/32], uint32(1)<<(c.bit%32)
		word.Permitted |= have[c.bit/32].Permitted & bit
		word.Effective |= have[c.bit/32].Effective & bit
	}
	header = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	// Of all threads: Go runs us on any of them.
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&want[0])), 0)
	if errno != 0 {
		return fmt.Errorf("give up capabilities: %w", errno)
	}
	return nil
}

// OpenSelf lets the process look at itself below /proc. Linux closes that to a
// program that got capabilities from its file, and loading BPF programs takes
// it. Others of the same user still may not trace the process: it has
// capabilities that they have not.
func OpenSelf() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("open /proc/self: %w", err)
	}
	return nil
}
