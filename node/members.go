package node

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// MemberRequest asks for a node to leave the machine, or to join it again.
type MemberRequest struct {
	Node   int          `json:"node"`
	Action MemberAction `json:"action"`
}

// MemberAction is what becomes of a node.
type MemberAction string

// The actions.
const (
	MemberAdd    MemberAction = "add"
	MemberRemove MemberAction = "remove"
)

// Membership is the nodes that a machine has.
type Membership struct {
	Nodes []int `json:"nodes"`
	// Elapsed is how long it took.
	Elapsed time.Duration `json:"elapsed_ns"`
}

// leavePatience is how long a kernel may take to let go before it is ended anyway.
const leavePatience = 2 * time.Second

// Member takes a node out of an nr machine, or puts it back, while the others work:
// its kernel lets go of the logs and ends, or is started with the state of another.
// Callers of a node that leaves get ErrKernelDied for what they have outstanding
// there and cannot make again.
func (m *Machine) Member(ctx context.Context, ask MemberRequest) (*Membership, error) {
	began := time.Now()
	leave, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if m.config.Mode != ModeNR {
		return nil, fmt.Errorf("%w: nodes come and go under nr only", ErrNotSupported)
	}
	k, err := m.kernelOf(ask.Node)
	if err != nil {
		return nil, err
	}
	if !m.membering.TryLock() {
		return nil, fmt.Errorf("%w: another node is being added or removed", ErrBusy)
	}
	defer m.membering.Unlock()
	switch removed := m.isRemoved(ask.Node); {
	case ask.Action == MemberRemove && removed:
		return nil, usagef("node %d was removed before", ask.Node)
	case ask.Action == MemberAdd && !removed:
		return nil, usagef("node %d is there", ask.Node)
	case ask.Action == MemberRemove:
		err = m.remove(ctx, k)
	case ask.Action == MemberAdd:
		err = m.add(ask.Node, began)
	default:
		return nil, usagef("action %q: want %s or %s", ask.Action, MemberAdd, MemberRemove)
	}
	if err != nil {
		return nil, fmt.Errorf("%s node %d: %w", ask.Action, ask.Node, err)
	}
	return &Membership{Nodes: m.memberNodes(), Elapsed: time.Since(began)}, nil
}

func (m *Machine) remove(ctx context.Context, k *child) error {
	if k.gone() {
		return fmt.Errorf("%w: its kernel has died and another takes its place: try again", ErrBusy)
	}
	if m.donor(k.number) == nil {
		return usagef("it has the state alone")
	}
	m.setRemoved(k.number, true)
	patient, cancel := context.WithTimeout(ctx, leavePatience)
	defer cancel()
	// So that nothing is half done; who does not answer leaves as the dead do.
	_ = m.ask(patient, k, "Quiesce", struct{}{}, new(reply))
	k.signal(unix.SIGKILL)
	<-k.exited
	if err := m.fence(k, time.Now()); err != nil {
		m.fail(err)
		return err
	}
	m.events.publish(Event{Kind: EventLeft, Node: k.number, PID: k.process.Pid, Text: "removed: the others go on without it"})
	return nil
}

func (m *Machine) add(node int, began time.Time) error {
	m.setRemoved(node, false) // from now on callers wait for it
	err := m.rebuild(node, began)
	if err != nil {
		m.setRemoved(node, true)
	}
	return err
}

func (m *Machine) isRemoved(node int) bool { return m.removed[node].Load() }

// setRemoved notes that a node is taken out, or back: in the segment too, for a
// supervisor that takes the machine over.
func (m *Machine) setRemoved(node int, removed bool) {
	value := uint64(0)
	if removed {
		value = 1
	}
	m.board.nodes[node].Removed.Swap(value)
	m.removed[node].Store(removed)
}

// memberNodes returns the nodes that were not removed.
func (m *Machine) memberNodes() (nodes []int) {
	for n := range m.topology.Nodes {
		if !m.isRemoved(n) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}
