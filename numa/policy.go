package numa

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Mode is how Linux chooses the node of a new page (set_mempolicy(2)).
type Mode int

const (
	// Default takes the node of the CPU that touches the page first, or for a
	// range the policy of the thread.
	Default Mode = iota
	// Bind takes the nodes of the policy and fails when they are full.
	Bind
	// Preferred takes the one node of the policy, and others when it is full.
	Preferred
	// Interleave takes the nodes of the policy in turn.
	Interleave
)

var modeNames = [...]string{"default", "bind", "preferred", "interleave"}

// linuxModes are the MPOL_ numbers of the modes.
var linuxModes = [...]int{unix.MPOL_DEFAULT, unix.MPOL_BIND, unix.MPOL_PREFERRED, unix.MPOL_INTERLEAVE}

// String gives the mode in lower case.
func (m Mode) String() string {
	if m < 0 || int(m) >= len(modeNames) {
		return fmt.Sprintf("mode %d", int(m))
	}
	return modeNames[m]
}

// MarshalText gives String.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (m *Mode) UnmarshalText(text []byte) error {
	for i, name := range modeNames {
		if name == string(text) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("numa: memory policy %s: %w: want %s", shorten(string(text)), ErrNotSupported, strings.Join(modeNames[:], ", "))
}

// Policy is where new pages go: a mode and the Linux nodes it applies to.
// Default takes no nodes, Preferred one, the others at least one.
type Policy struct {
	Mode  Mode  `json:"mode"`
	Nodes []int `json:"nodes"`
}

// BindTo is the policy that takes memory from these Linux nodes and no other.
func BindTo(nodes ...int) Policy { return Policy{Mode: Bind, Nodes: nodes} }

// InterleaveOver is the policy that takes these Linux nodes in turn.
func InterleaveOver(nodes ...int) Policy { return Policy{Mode: Interleave, Nodes: nodes} }

// SpreadOver is the policy of memory that is to be on all of these Linux nodes,
// which may come in any order and more than once: interleaved, or bound if there
// is one.
func SpreadOver(nodes ...int) Policy {
	distinct := slices.Compact(slices.Sorted(slices.Values(nodes)))
	if len(distinct) == 1 {
		return BindTo(distinct...)
	}
	return InterleaveOver(distinct...)
}

// String gives "bind to nodes 0-1".
func (p Policy) String() string {
	if len(p.Nodes) == 0 {
		return p.Mode.String()
	}
	return p.Mode.String() + " to " + describeNodes(p.Nodes)
}

// encode gives the mode and node mask for a system call.
func (p Policy) encode() (int, mask, error) {
	if p.Mode < 0 || int(p.Mode) >= len(linuxModes) {
		return 0, nil, fmt.Errorf("numa: memory policy %s: %w: want %s", p.Mode, ErrNotSupported, strings.Join(modeNames[:], ", "))
	}
	nodes := distinct(p.Nodes)
	switch {
	case p.Mode == Default && len(nodes) > 0:
		return 0, nil, fmt.Errorf("numa: memory policy %s: %w: the default policy takes no nodes", p, ErrNode)
	case p.Mode == Preferred && len(nodes) != 1:
		return 0, nil, fmt.Errorf("numa: memory policy %s: %w: preferred takes exactly one node", p, ErrNode)
	case p.Mode != Default && len(nodes) == 0:
		return 0, nil, fmt.Errorf("numa: memory policy %s: %w: name at least one node", p, ErrNode)
	}
	m := newMask(nodeMaskBits)
	for _, n := range nodes {
		if !m.set(n) {
			return 0, nil, fmt.Errorf("numa: memory policy %s: %w: there is no node %d; see nrkern topo", p, ErrNode, n)
		}
	}
	return linuxModes[p.Mode], m, nil
}

// maxNode is the size argument that goes with a node mask: Linux reads one bit
// less than it is told (kernel mm/mempolicy.c, get_nodes).
const maxNode = nodeMaskBits + 1

// SetPolicy sets the policy of pages that the calling thread touches first. It
// does not move pages. Threads started afterwards from this one inherit it, and
// so does a program it executes: pinned and bound, then re-executed, a Go
// process has its whole heap on the policy's nodes.
//
// The caller has locked the goroutine to its thread.
func SetPolicy(p Policy) error {
	mode, m, err := p.encode()
	if err != nil {
		return err
	}
	_, _, errno := unix.RawSyscall(unix.SYS_SET_MEMPOLICY, uintptr(mode), uintptr(unsafe.Pointer(&m[0])), maxNode)
	if errno != 0 {
		return policyError("set the thread's memory policy: "+p.String(), "set_mempolicy", errno)
	}
	return nil
}

func policyError(purpose, call string, errno unix.Errno) error {
	e := &CallError{Purpose: purpose, Call: call, Errno: errno}
	if errno == unix.EINVAL {
		e.Kind = ErrNode
		e.Remedy = "a node does not exist, has no memory, or is outside the cpuset"
		if mems, err := allowedMems(); err == nil {
			e.Remedy += " (Mems_allowed: " + FormatList(mems) + ")"
		}
		e.Remedy += "; see nrkern topo"
	}
	return e.explain()
}

// GetPolicy reads the calling thread's policy. One that this package cannot
// express is an ErrNotSupported. Linux's "local" and "preferred" without nodes
// are given as Default, which they are for a thread.
func GetPolicy() (Policy, error) {
	var mode int32
	m := newMask(nodeMaskBits)
	_, _, errno := unix.RawSyscall6(unix.SYS_GET_MEMPOLICY,
		uintptr(unsafe.Pointer(&mode)), uintptr(unsafe.Pointer(&m[0])), maxNode, 0, 0, 0)
	if errno != 0 {
		return Policy{}, (&CallError{Purpose: "read the thread's memory policy", Call: "get_mempolicy", Errno: errno}).explain()
	}
	nodes := m.list()
	flags := mode & unix.MPOL_MODE_FLAGS
	switch plain := int(mode &^ unix.MPOL_MODE_FLAGS); {
	case plain == unix.MPOL_LOCAL, plain == unix.MPOL_PREFERRED && len(nodes) == 0:
		return Policy{}, nil
	case plain == unix.MPOL_PREFERRED_MANY && len(nodes) == 1:
		return Policy{Mode: Preferred, Nodes: nodes}, nil
	default:
		for i, linux := range linuxModes {
			if linux != plain {
				continue
			}
			if len(nodes) == 0 {
				nodes = nil
			}
			return Policy{Mode: Mode(i), Nodes: nodes}, nil
		}
	}
	return Policy{}, &CallError{
		Purpose: "read the thread's memory policy", Call: "get_mempolicy", Kind: ErrNotSupported,
		Found:  fmt.Sprintf("mode %d with flags %#x", mode&^unix.MPOL_MODE_FLAGS, flags),
		Remedy: "start without numactl, or with --membind",
	}
}
