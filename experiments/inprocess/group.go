package inprocess

import (
	"errors"
	"runtime"
	"sync"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// Shape is the nodes and threads of a group, and how they wait.
type Shape struct {
	Nodes, Threads int // threads a node
	// Idle nodes come beside those: they have no thread, and are attended.
	Idle   int
	Window int
	Policy *transport.Policy // nil means transport.Dedicated
}

func (s Shape) withDefaults() Shape {
	if s.Policy == nil {
		s.Policy = &transport.Dedicated
	}
	return s
}

// threadsOf is how many threads a node has: those that are idle have none.
func (s Shape) threadsOf(node int) int {
	if node < s.Nodes {
		return s.Threads
	}
	return 0
}

// fresh makes the service that every structure has.
func fresh() kernel.Service { return kv.Definition().New() }

// Group is a structure in this process, with a port for each thread.
type Group struct {
	Ports []kernel.Port
	// Traffic returns what all nodes saw cross between them.
	Traffic func() transport.Traffic
	// lacks are the metrics that the structure does not have.
	lacks []string

	nodes   []combining.Server
	policy  *transport.Policy
	stop    *transport.Line
	attends sync.WaitGroup
	errs    []error
}

// NR makes replicas with their log.
func NR(s Shape) (*Group, error) {
	s = s.withDefaults()
	g, err := nrkernel.NewGroup(s.Nodes+s.Idle, fresh, nrkernel.Options{Policy: s.Policy})
	if err != nil {
		return nil, err
	}
	x := newGroup(s, "messages_per_op")
	for r := range s.Nodes + s.Idle {
		for range s.threadsOf(r) {
			p, err := g.Replica(r).NewPort(s.Window)
			if err != nil {
				return nil, err
			}
			x.Ports = append(x.Ports, p)
		}
		x.nodes = append(x.nodes, g.Replica(r))
	}
	x.Traffic = func() (t transport.Traffic) {
		for r := range s.Nodes + s.Idle {
			t = t.Add(g.Replica(r).Traffic())
		}
		return t
	}
	return x, nil
}

// Multikernel makes nodes that send each other messages.
func Multikernel(s Shape) (*Group, error) {
	s = s.withDefaults()
	layout := new(transport.Layout)
	if err := multikernel.AddMesh(layout, s.Nodes+s.Idle, multikernel.DefaultRing); err != nil {
		return nil, err
	}
	segment, err := transport.Local(layout)
	if err != nil {
		return nil, err
	}
	x := newGroup(s, "log_entries_per_op")
	var nodes []*multikernel.Node
	for id := range s.Nodes + s.Idle {
		n, err := multikernel.Open(segment, kernel.Single(fresh()), multikernel.Config{ID: id, Policy: s.Policy})
		if err != nil {
			return nil, err
		}
		for range s.threadsOf(id) {
			p, err := n.NewPort(s.Window)
			if err != nil {
				return nil, err
			}
			x.Ports = append(x.Ports, p)
		}
		nodes = append(nodes, n)
		x.nodes = append(x.nodes, n)
	}
	x.Traffic = func() (t transport.Traffic) {
		for _, n := range nodes {
			t = t.Add(n.Traffic())
		}
		return t
	}
	return x, nil
}

// BigLock makes one copy behind a lock.
func BigLock(kind biglock.Kind, s Shape) (*Group, error) {
	s = s.withDefaults()
	m, err := biglock.New(kernel.Single(fresh()), biglock.Config{Kind: kind, Nodes: s.Nodes + s.Idle, Policy: s.Policy})
	if err != nil {
		return nil, err
	}
	x := newGroup(s, "messages_per_op", "log_entries_per_op")
	for node := range s.Nodes {
		for range s.Threads {
			p, err := m.NewPort(node, s.Window)
			if err != nil {
				return nil, err
			}
			x.Ports = append(x.Ports, p)
		}
	}
	x.Traffic = func() (t transport.Traffic) {
		for node := range s.Nodes {
			t = t.Add(m.Traffic(node))
		}
		return t
	}
	return x, nil
}

func newGroup(s Shape, lacks ...string) *Group {
	return &Group{policy: s.Policy, lacks: lacks, stop: &transport.Apart[transport.Line](1)[0]}
}

// Attend serves each node from a thread of its own, as a kernel process does,
// until Close. Node i's thread is pinned to cpus[i modulo their number].
func (g *Group) Attend(cpus []int) {
	g.errs = make([]error, len(g.nodes))
	for i, n := range g.nodes {
		g.attends.Go(func() {
			runtime.LockOSThread() // for life: the thread stays pinned
			if g.errs[i] = numa.Pin(cpus[i%len(cpus)]); g.errs[i] == nil {
				g.errs[i] = combining.Attend(n, &g.stop.Word, g.policy)
			}
		})
	}
}

// Close ends the attending threads.
func (g *Group) Close() error {
	g.stop.Swap(1)
	for _, n := range g.nodes {
		n.Bell().Ring()
	}
	g.attends.Wait()
	return errors.Join(g.errs...)
}
