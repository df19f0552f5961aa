package numa

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// What can go wrong, for errors.Is. The text around them names the thing, what
// was found and the remedy.
var (
	// ErrNoTopology says that sysfs is unreadable, or contradicts itself in a
	// way that cannot be mended sanely.
	ErrNoTopology = errors.New("no usable topology")
	// ErrList says that a list of numbers such as "0-3,8" is malformed.
	ErrList = errors.New("bad list")
	// ErrSpec says that a virtual topology such as "4x2" is malformed or out
	// of limits.
	ErrSpec = errors.New("bad topology")
	// ErrCPU says that a CPU is unknown, offline, or outside what the process
	// may use.
	ErrCPU = errors.New("CPU not usable")
	// ErrNode says that a node is unknown, has no memory, or is outside what
	// the process may use.
	ErrNode = errors.New("node not usable")
	// ErrRange says that a memory range or a page size cannot be used for what
	// was asked: empty, misaligned, not mapped.
	ErrRange = errors.New("bad memory range")
	// ErrShortage says that a node has too little memory or too few hugepages.
	ErrShortage = errors.New("shortage on a node")
	// ErrPlacement says that pages or threads are not where they were put.
	ErrPlacement = errors.New("wrong placement")
	// ErrNotSupported says that this Linux cannot do what was asked.
	ErrNotSupported = errors.New("not supported by this Linux")
	// ErrPermission says that the process lacks a privilege.
	ErrPermission = errors.New("missing privilege")
)

// CallError is a failed system call (or access to a control file) with what it
// was for. It unwraps to its Kind, one of the sentinels, and to its Errno.
type CallError struct {
	Purpose string     // what was being done, with the CPU, node or range
	Call    string     // the system call or the file
	Errno   unix.Errno // 0 when the call reported success but did something else
	Found   string     // what was found, where the errno does not say it
	Remedy  string     // what to do about it
	Kind    error      // a sentinel of this package, or nil
}

// Error has the form "numa: PURPOSE: CALL: ERRNO: FOUND; REMEDY".
func (e *CallError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "numa: %s: %s", e.Purpose, e.Call)
	if e.Errno != 0 {
		fmt.Fprintf(&b, ": %s", e.Errno.Error())
		if name := unix.ErrnoName(e.Errno); name != "" {
			fmt.Fprintf(&b, " (%s)", name)
		}
	}
	if e.Found != "" {
		fmt.Fprintf(&b, ": %s", e.Found)
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, "; %s", e.Remedy)
	}
	return b.String()
}

// Unwrap gives the sentinel and the errno.
func (e *CallError) Unwrap() []error {
	var errs []error
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Errno != 0 {
		errs = append(errs, e.Errno)
	}
	return errs
}

// explain fills in kind and remedy for the errors that mean the same in every
// call of this package, and keeps those that the call set already.
func (e *CallError) explain() *CallError {
	kind, remedy := e.Kind, e.Remedy
	switch e.Errno {
	case unix.EPERM, unix.EACCES:
		kind = ErrPermission
		remedy = "a container's seccomp profile or a missing capability forbids it: run with CAP_SYS_NICE (docker run --cap-add SYS_NICE) or outside the container"
	case unix.ENOSYS:
		kind = ErrNotSupported
		remedy = "this kernel is built without it (CONFIG_NUMA): run on a kernel with NUMA support"
	}
	if e.Kind == nil {
		e.Kind = kind
	}
	if e.Remedy == "" {
		e.Remedy = remedy
	}
	return e
}
