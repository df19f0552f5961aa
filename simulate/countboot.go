//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// segment makes the segment of the structure, or nil if all is on the heap.
func (r *counting) segment() (*transport.Segment, error) {
	l := new(transport.Layout)
	var err error
	switch r.Structure {
	case "nr":
		err = nrkernel.AddLogs(l, max(r.Logs, 1), countLogSlots, r.Topology.Nodes, 0)
	case "multikernel":
		err = multikernel.AddMesh(l, r.Topology.Nodes, countRing)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return transport.Local(l)
}

// boot boots the structure as package node does, with threads on all cores.
func (r *counting) boot() error {
	switch r.Structure {
	case "nr":
		return r.bootNR()
	case "multikernel":
		return r.bootMultikernel()
	}
	return r.bootBigLock()
}

func (r *counting) bootNR() error {
	logs, err := nrkernel.OpenLogs(r.memory.keep)
	if err != nil {
		return err
	}
	logs.Prepare()
	var all []func() transport.Traffic
	for node := range r.Topology.Nodes {
		r.machine.home = node
		// Each replica has all keys and uses those of its log.
		n, err := nrkernel.NewNode(logs, func() (*kernel.Table, error) { return r.table(node, nil) },
			nrkernel.Config{ID: node, Policy: &r.policy, Stop: &r.stop})
		if err != nil {
			return err
		}
		all = append(all, n.Traffic)
		if err := r.threads(node, n.NewPort, n); err != nil {
			return err
		}
	}
	r.traffic = sum(all)
	return nil
}

func (r *counting) bootMultikernel() error {
	var all []func() transport.Traffic
	for node := range r.Topology.Nodes {
		r.machine.home = node
		table, err := r.table(node, func(t *kernel.Table, op *kernel.Op) bool {
			return multikernel.Owner(t.Shard(op), r.Topology.Nodes) == node
		})
		if err != nil {
			return err
		}
		n, err := multikernel.Open(r.memory.keep, table, multikernel.Config{ID: node, Policy: &r.policy, Stop: &r.stop})
		if err != nil {
			return err
		}
		all = append(all, n.Traffic)
		if err := r.threads(node, func(w int) (kernel.Port, error) { return n.NewPort(w) }, n); err != nil {
			return err
		}
	}
	r.traffic = sum(all)
	return nil
}

func (r *counting) bootBigLock() error {
	table, err := r.table(-1, nil)
	if err != nil {
		return err
	}
	kind, err := biglock.ParseKind(strings.TrimPrefix(r.Structure, "biglock-"))
	if err != nil {
		return err
	}
	b, err := biglock.New(table, biglock.Config{Kind: kind, Nodes: r.Topology.Nodes, Policy: &r.policy, Stop: &r.stop})
	if err != nil {
		return err
	}
	var all []func() transport.Traffic
	for node := range r.Topology.Nodes {
		all = append(all, func() transport.Traffic { return b.Traffic(node) })
		if err := r.threads(node, func(w int) (kernel.Port, error) { return b.NewPort(node, w) }, nil); err != nil {
			return err
		}
	}
	r.traffic = sum(all)
	return nil
}

// threads adds the cores of a node, and, beside them, the one that attends to it.
func (r *counting) threads(node int, open func(window int) (kernel.Port, error), server combining.Server) error {
	for range r.Topology.Cores {
		if err := r.addThread(node, open); err != nil {
			return err
		}
	}
	if server == nil {
		return nil
	}
	r.machine.addCore(node, fmt.Sprintf("attendant %d", node), func() {
		if err := combining.Attend(server, &r.stop, &r.policy); err != nil {
			r.machine.fail(FailureAnswer, "attending to node %d: %v", node, err)
		}
	})
	return nil
}

// table returns a node's kv with a value under each key that it is to have.
// Node -1 stands for memory that is spread over all.
func (r *counting) table(node int, has func(*kernel.Table, *kernel.Op) bool) (*kernel.Table, error) {
	s := &countedService{machine: r.machine, node: node, nodes: r.Topology.Nodes, lines: make([]line, r.Workload.Keys)}
	d := *kv.Definition()
	d.New = func() kernel.Service {
		s.Spanning = kv.New(kv.Options{})
		return s
	}
	t, err := kernel.NewTable(&d)
	if err != nil {
		return nil, err
	}
	res := &kernel.NewResults(1)[0]
	value := make([]byte, r.Workload.ValueBytes)
	for key := range r.Workload.Keys {
		op := kv.Put(key, key)
		if len(value) > 0 {
			op = kv.PutBytes(key, value)
		}
		if has == nil || has(t, &op) {
			if t.Execute(&op, res); res.Status != kernel.StatusOK {
				return nil, fmt.Errorf("simulate: prefill key %d: %w", key, res.Status.Err())
			}
		}
	}
	return t, nil
}

func sum(all []func() transport.Traffic) func() transport.Traffic {
	return func() (t transport.Traffic) {
		for _, f := range all {
			t = t.Add(f())
		}
		return t
	}
}

// countedService is a kv whose state has a cache line for each key.
type countedService struct {
	kernel.Spanning
	machine     *Machine
	node, nodes int
	lines       []line
}

// Apply counts a write of the key's line.
func (s *countedService) Apply(op *kernel.Op, res *kernel.Result) {
	s.touch(op.Args[0], true)
	s.Spanning.Apply(op, res)
}

// Query counts a read of it.
func (s *countedService) Query(op *kernel.Op, res *kernel.Result) {
	s.touch(op.Args[0], false)
	s.Spanning.Query(op, res)
}

func (s *countedService) touch(key uint64, write bool) {
	m := s.machine
	c := m.running
	if c == nil {
		return
	}
	home := s.node
	if home < 0 {
		home = int(key % uint64(s.nodes))
	}
	m.tick(c, accessTouch)
	m.count(c, &m.counted.counts[RegionState][accessTouch], &s.lines[key%uint64(len(s.lines))], int16(home), write)
}
