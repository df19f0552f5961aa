package node

import (
	"fmt"
	"unsafe"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// The parts of a machine's segment, besides those of its structure.
const (
	machinePart = "machine" // machineWords, on node 0
	probePart   = "probe"   // check.ProbeWords, on node 0
)

func nodePart(n int) string { return fmt.Sprintf("node.%d", n) }

// machineMagic is in the first word of the machine part: "NRKERNM2".
const machineMagic = 0x324d_4e52_454b_524e

// machineWords are the words of a machine that all its processes read.
type machineWords struct {
	Magic transport.Line
	// Nodes is the number of nodes of the topology.
	Nodes transport.Line
	// Stop is non-zero once the machine stops: every call that waits looks at it.
	Stop transport.Line
	// Histories is how many histories and probes there were: each has keys of its
	// own, also after another supervisor took the machine over.
	Histories transport.Line
}

// nextHistory numbers a history or a probe.
func (m *Machine) nextHistory() (uint64, error) {
	leave, err := m.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	for w := &m.board.machine.Histories; ; {
		n := w.Load()
		if w.CompareAndSwap(n, n+1) {
			return n + 1, nil
		}
	}
}

// nodeWords are what a kernel process says of itself to the others. Born is
// the start of the process in clock ticks since the system's: with the number
// it names a process for ever, however numbers are used again.
type nodeWords struct {
	PID, Born transport.Line
	// Removed is 1 while the node is taken out of the machine: the supervisor's word.
	Removed transport.Line
	// Phases is what the combiners are about, where strikes are counted (nr).
	Phases nrkernel.PhaseWords
}

// layOut returns the layout of a machine's segment.
func layOut(c Config, t *numa.Topology) (*transport.Layout, error) {
	l := new(transport.Layout)
	nodes := len(t.Nodes)
	if c.isolated() {
		l.Align(c.isolationPage())
	}
	l.Add(machinePart, 0, int(unsafe.Sizeof(machineWords{})))
	l.Add(probePart, 0, int(unsafe.Sizeof(check.ProbeWords{})))
	l.Add(gatePart, 0, gates*gateSize)
	for n := range nodes {
		l.Add(nodePart(n), n, int(unsafe.Sizeof(nodeWords{})))
	}
	switch c.Mode {
	case ModeNR:
		if err := nrkernel.AddLogs(l, c.Logs, c.LogSlots, nodes, transport.Interleaved); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	case ModeMultikernel:
		add := multikernel.AddMesh
		if c.isolated() {
			add = func(l *transport.Layout, nodes, slots int) error {
				return multikernel.AddMeshApart(l, nodes, slots, c.isolationPage())
			}
		}
		if err := add(l, nodes, c.RingSlots); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	return l, nil
}

// need estimates the bytes of a machine's segment on each Linux node: what
// grows with the configuration, and two regions of 2 MiB.
func need(c Config, t *numa.Topology) map[int]uint64 {
	bytes := map[int]uint64{}
	nodes := uint64(len(t.Nodes))
	for _, n := range t.Nodes {
		bytes[n.Memory] += 2 * numa.HugePageSize
		switch c.Mode {
		case ModeNR:
			bytes[n.Memory] += uint64(c.Logs) * uint64(c.LogSlots) * transport.SlotSize / nodes
		case ModeMultikernel:
			ring := uint64(c.RingSlots) * transport.SlotSize
			if c.isolated() {
				page := uint64(c.isolationPage())
				ring = (ring + page - 1) / page * page
				bytes[n.Memory] += 8 * page
			}
			bytes[n.Memory] += nodes * ring
		}
	}
	return bytes
}

// board is a process's view of the machine's control words.
type board struct {
	machine *machineWords
	nodes   []*nodeWords
}

// prepare readies the control words, and a log, of a fresh segment.
func prepare(s *transport.Segment, c Config, t *numa.Topology) (*board, error) {
	m, err := transport.View[machineWords](s, machinePart, 0)
	if err != nil {
		return nil, err
	}
	m.Nodes.Store(uint64(len(t.Nodes)))
	m.Magic.Store(machineMagic)
	if c.Mode == ModeNR {
		logs, err := nrkernel.OpenLogs(s)
		if err != nil {
			return nil, err
		}
		logs.Prepare()
	}
	return openBoard(s)
}

// openBoard finds the control words in a segment that prepare readied.
func openBoard(s *transport.Segment) (*board, error) {
	m, err := transport.View[machineWords](s, machinePart, 0)
	if err != nil {
		return nil, err
	}
	if got := m.Magic.Load(); got != machineMagic {
		return nil, fmt.Errorf("machine part of the segment: %w: it begins with %#x, not %#x", transport.ErrForeignSegment, got, uint64(machineMagic))
	}
	b := &board{machine: m}
	nodes := m.Nodes.Load()
	if nodes < 1 || nodes > numa.MaxNodes {
		return nil, fmt.Errorf("machine part of the segment: %w: it speaks of %d nodes", transport.ErrForeignSegment, nodes)
	}
	for n := range int(nodes) {
		w, err := transport.View[nodeWords](s, nodePart(n), 0)
		if err != nil {
			return nil, err
		}
		b.nodes = append(b.nodes, w)
	}
	return b, nil
}
