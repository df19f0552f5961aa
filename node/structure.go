package node

import (
	"fmt"
	"io"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// structure is what the three structures are to a kernel process.
type structure interface {
	// newPort opens a port for a thread on one of the process's nodes.
	newPort(node, window int) (kernel.Port, error)
	// server is what an attending thread serves, or nil if the structure needs
	// none.
	server() combining.Server
	traffic(node int) transport.Traffic
	handOvers(node int) []transport.HandOver
	// report fills in where logs and channels stand.
	report(a *statusAnswer)
	// digest returns the digest of the services, and where in each log, if there
	// are logs, it is of.
	digest() (digest uint64, at []uint64, err error)
	// admit lets another node join late, and writes it the state.
	admit(node int, w io.Writer) error
	// quiesce keeps all threads from the state until rejoin replaces it.
	quiesce() error
	rejoin(snapshot io.Reader) error
}

// openStructure opens a process's part of the machine's structure. Nodes are
// those whose threads the process runs: one, or all under the big lock.
func openStructure(s *transport.Segment, table *kernel.Table, c Config, t *numa.Topology, nodes []int, phases *nrkernel.PhaseWords, snapshot io.Reader, p *transport.Policy, stop *transport.Word) (structure, error) {
	switch c.Mode {
	case ModeNR:
		logs, err := nrkernel.OpenLogs(s)
		if err != nil {
			return nil, err
		}
		services := func() (*kernel.Table, error) {
			t, err := kernel.NewTable(Services()...)
			if err == nil {
				t.Remember()
			}
			return t, err
		}
		n, err := nrkernel.NewNode(logs, services, nrkernel.Config{ID: nodes[0], Phases: phases, Snapshot: snapshot, Policy: p, Stop: stop})
		if err != nil {
			return nil, err
		}
		return replicated{n}, nil
	case ModeMultikernel:
		replicated, err := c.replicated()
		if err != nil {
			return nil, err
		}
		n, err := multikernel.Open(s, table, multikernel.Config{
			ID: nodes[0], RingSlots: c.RingSlots, Policy: p, Stop: stop, Replicated: replicated, Tree: c.Tree, Shape: shapeOf(t),
		})
		if err != nil {
			return nil, err
		}
		return messaging{node: n}, nil
	case ModeBigLock:
		kind, err := biglock.ParseKind(c.Lock)
		if err != nil {
			return nil, err
		}
		m, err := biglock.New(table, biglock.Config{Kind: kind, Nodes: len(nodes), Policy: p, Stop: stop})
		if err != nil {
			return nil, err
		}
		return locked{machine: m, nodes: len(nodes)}, nil
	}
	return nil, fmt.Errorf("%w: mode %q", ErrUsage, c.Mode)
}

// replicated is a node's replicas of the logs: NR.
type replicated struct{ node *nrkernel.Node }

func (r replicated) newPort(_, window int) (kernel.Port, error) { return r.node.NewPort(window) }
func (r replicated) server() combining.Server                   { return r.node }
func (r replicated) traffic(int) transport.Traffic              { return r.node.Traffic() }
func (r replicated) handOvers(int) []transport.HandOver         { return r.node.HandOvers() }
func (r replicated) report(a *statusAnswer) {
	for _, p := range r.node.Positions() {
		a.Logs = append(a.Logs, LogStatus(p))
	}
}
func (r replicated) digest() (digest uint64, at []uint64, err error) { return r.node.Digest() }
func (r replicated) admit(node int, w io.Writer) error               { return r.node.Admit(node, w) }

func (r replicated) quiesce() error { r.node.Quiesce(); return nil }

func (r replicated) rejoin(snapshot io.Reader) error { return r.node.Rejoin(snapshot) }

// messaging is a node of the mesh: the multikernel.
type messaging struct {
	node *multikernel.Node
	apart
}

func (m messaging) newPort(_, window int) (kernel.Port, error) {
	p, err := m.node.NewPort(window)
	if err != nil {
		return nil, err
	}
	return p, nil
}
func (m messaging) server() combining.Server           { return m.node }
func (m messaging) traffic(int) transport.Traffic      { return m.node.Traffic() }
func (m messaging) handOvers(int) []transport.HandOver { return m.node.HandOvers() }
func (m messaging) report(a *statusAnswer) {
	a.Channels, a.Copies = m.node.Positions(), m.node.Copies()
}

func (m messaging) digest() (digest uint64, at []uint64, err error) {
	digest, index, err := m.node.Digest()
	if index != 0 {
		at = []uint64{index}
	}
	return digest, at, err
}

// locked is the one copy of all nodes: the big lock.
type locked struct {
	machine *biglock.Machine
	nodes   int
	apart
}

func (l locked) newPort(node, window int) (kernel.Port, error) {
	p, err := l.machine.NewPort(node, window)
	if err != nil {
		return nil, err
	}
	return p, nil
}
func (l locked) server() combining.Server                { return nil }
func (l locked) traffic(node int) transport.Traffic      { return l.machine.Traffic(node) }
func (l locked) handOvers(node int) []transport.HandOver { return l.machine.HandOvers(node) }
func (l locked) report(*statusAnswer)                    {}
func (l locked) digest() (digest uint64, at []uint64, err error) {
	digest, _, err = l.machine.Digest()
	return digest, nil, err
}

// apart is of structures whose state is in one place: nobody joins late.
type apart struct{}

func (apart) admit(int, io.Writer) error { return errNoReplicas }
func (apart) quiesce() error             { return errNoReplicas }
func (apart) rejoin(io.Reader) error     { return errNoReplicas }

// errNoReplicas is the error of a structure whose state is in one place.
var errNoReplicas = fmt.Errorf("%w: this structure has no replicas", ErrNotSupported)
