package numa

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// BindRange sets the policy of a mapped range (mbind(2)), moves pages that are
// already elsewhere, and fails if one cannot be moved (ErrPlacement). In a
// shared mapping the policy belongs to the object and holds in every process.
// The range starts and ends on page boundaries: 2 MiB ones on hugepages.
//
// Pages that another process has mapped too are not moved: bind before the
// segment is shared.
func BindRange(mem []byte, p Policy) error {
	purpose := fmt.Sprintf("put %s of memory by policy: %s", formatBytes(uint64(len(mem))), p)
	mode, m, err := p.encode()
	if err != nil {
		return err
	}
	if len(mem) == 0 {
		return fmt.Errorf("numa: %s: %w: the range is empty", purpose, ErrRange)
	}
	_, _, errno := unix.Syscall6(unix.SYS_MBIND,
		uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), uintptr(mode),
		uintptr(unsafe.Pointer(&m[0])), maxNode, unix.MPOL_MF_STRICT|unix.MPOL_MF_MOVE)
	switch errno {
	case 0:
		return nil
	case unix.EIO:
		return &CallError{
			Purpose: purpose, Call: "mbind", Errno: errno, Kind: ErrPlacement,
			Remedy: "some pages are elsewhere and cannot be moved (pinned, or mapped by another process): bind before the memory is touched or shared",
		}
	case unix.ENOMEM:
		return &CallError{
			Purpose: purpose, Call: "mbind", Errno: errno, Kind: ErrShortage,
			Remedy: "no kernel memory, or no room on the node to move pages to: free memory there, see nrkern topo",
		}
	case unix.EFAULT:
		return &CallError{
			Purpose: purpose, Call: "mbind", Errno: errno, Kind: ErrRange,
			Remedy: "part of the range is not mapped",
		}
	case unix.EINVAL:
		// Linux says the same of a bad range as of a bad node: tell by whether
		// the nodes are the cpuset's.
		mems, err := allowedMems()
		unknown := func(node int) bool { return !slices.Contains(mems, node) }
		if err != nil || slices.ContainsFunc(p.Nodes, unknown) {
			break
		}
		return &CallError{
			Purpose: purpose, Call: "mbind", Errno: errno, Kind: ErrRange,
			Found:  fmt.Sprintf("it starts at %#x", uintptr(unsafe.Pointer(&mem[0]))),
			Remedy: "start and end on a page boundary, that of a hugepage in a mapping of hugepages; or a node has no memory, see nrkern topo",
		}
	}
	return policyError(purpose, "mbind", errno)
}
