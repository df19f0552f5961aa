package numa

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Populate allocates every page of a mapped, writable range now, where its
// policy says, without changing what is in it (MADV_POPULATE_WRITE, Linux
// 5.14). Touching pages one by one instead would end in SIGBUS when a node runs
// out of hugepages: a reservation counts the machine's, not a node's.
//
// A node that is out of pages is an ErrShortage that shows what is free on
// each node; pages populated before it stay.
func Populate(mem []byte) error {
	purpose := fmt.Sprintf("populate %s of memory", formatBytes(uint64(len(mem))))
	if len(mem) == 0 {
		return fmt.Errorf("numa: %s: %w: the range is empty", purpose, ErrRange)
	}
	for {
		_, _, errno := unix.Syscall(unix.SYS_MADVISE,
			uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), unix.MADV_POPULATE_WRITE)
		switch errno {
		case 0:
			return nil
		case unix.EINTR, unix.EAGAIN:
			continue
		}
		return populateError(purpose, errno)
	}
}

func populateError(purpose string, errno unix.Errno) error {
	e := &CallError{Purpose: purpose, Call: "madvise(MADV_POPULATE_WRITE)", Errno: errno}
	switch errno {
	case unix.EFAULT:
		// A touch would have raised SIGBUS: on hugepages, the pools of the nodes
		// that the policy allows are empty.
		e.Kind = ErrShortage
		e.Remedy = "a node has no hugepage left (or the file is shorter than the range): reserve pages on that node, " + reserveCommand("N", "PAGES")
	case unix.ENOMEM:
		e.Kind = ErrShortage
		e.Remedy = "a node the policy allows is out of memory, a cgroup limit is reached, or part of the range is not mapped: free memory or raise the limit"
	case unix.EHWPOISON:
		e.Kind = ErrShortage
		e.Remedy = "the range holds a page of broken memory: restart, and look for memory errors in dmesg"
	case unix.EINVAL:
		e.Kind = ErrRange
		e.Remedy = "the range must start on a page boundary and be writable"
		if r, err := Kernel(); err == nil && r.Check() != nil {
			e.Kind = ErrNotSupported
			e.Remedy = r.Check().Error()
		}
	}
	if e.Kind == ErrShortage {
		e.Found = describeFree()
	}
	return e.explain()
}

// describeFree says what is free on each node, for an error; "" when there is
// no telling.
func describeFree() string {
	pools, err := Pools()
	if err != nil {
		return ""
	}
	var parts []string
	for _, p := range pools {
		parts = append(parts, fmt.Sprintf("node %d has %d of %d hugepages of %s free", p.Node, p.Free, p.Total, formatBytes(p.PageSize)))
	}
	return strings.Join(parts, ", ")
}
