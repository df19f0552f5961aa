//go:build !nrkern_nohook

package simulate

import (
	"fmt"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// layoutNR and the others lay out the segment of a structure.
func layoutNR(l *transport.Layout, nodes int) error { return l.AddLog("log", logSlots, nodes, 0) }

func layoutMesh(l *transport.Layout, nodes int) error {
	return multikernel.AddMesh(l, nodes, multikernel.MinRing)
}

func layoutLogs(l *transport.Layout, nodes int) error {
	return nrkernel.AddLogs(l, simulatedLogs, logSlots, nodes, 0)
}

// leadKey is the key that the lead writes: no history uses it.
const leadKey = 1 << 50

// bootNR boots a kernel process a node, as package node does.
func bootNR(r *run) error {
	store, err := transport.OpenLog(r.memory.keep, "log")
	if err != nil {
		return err
	}
	logs, err := nrkernel.OpenLogs(r.memory.keep)
	if err != nil {
		return err
	}
	r.log = watchLog(r, store)
	logs.Prepare()
	for node := range r.Nodes {
		r.machine.home = node
		n, err := nrkernel.NewNode(logs, func() (*kernel.Table, error) { return r.table(node) }, nrkernel.Config{ID: node, Policy: &r.policy, LazyFrom: r.lazyFrom()})
		if err != nil {
			return err
		}
		r.nodes = append(r.nodes, n)
		r.nameWord(n.Station().Locked(), "combiner lock of node %d", node)
		r.watchStation(node, n.Station())
	}
	r.machine.home = 0
	if err := r.fill(r.nodes[0].Replica(0)); err != nil {
		return err
	}
	for node, n := range r.nodes {
		r.machine.home = node
		for range r.Clients {
			if err := r.addClient(node, n.NewPort); err != nil {
				return err
			}
		}
		r.attend(node, n)
	}
	return r.addRecovery()
}

// lazyFrom has the idle replicas of half of the schedules be lazy, though their logs
// are small.
func (r *run) lazyFrom() int {
	if r.Exact || r.seed%2 == 0 {
		return 0
	}
	return 1
}

// simulatedLogs is the number of logs of nr-logs.
const simulatedLogs = 2

// bootLogs boots a kernel process a node over several logs.
func bootLogs(r *run) error {
	logs, err := nrkernel.OpenLogs(r.memory.keep)
	if err != nil {
		return err
	}
	logs.Prepare()
	var watches [simulatedLogs]*logWatch
	for i := range watches {
		watches[i] = &logWatch{run: r} // its order of operations
	}
	r.watches = watches[:]
	for node := range r.Nodes {
		r.machine.home = node
		made := 0
		services := func() (*kernel.Table, error) {
			t, err := r.table(node)
			r.services[len(r.services)-1].log = watches[made]
			made++
			return t, err
		}
		n, err := nrkernel.NewNode(logs, services, nrkernel.Config{ID: node, Policy: &r.policy, LazyFrom: r.lazyFrom()})
		if err != nil {
			return err
		}
		r.nodes = append(r.nodes, n)
		for i := range watches {
			station := n.Replica(i).Station()
			r.nameWord(station.Locked(), "combiner lock of node %d, log %d", node, i)
			r.watchStation(node, station)
		}
		for range r.Clients {
			if err := r.addClient(node, n.NewPort); err != nil {
				return err
			}
		}
		r.attend(node, n)
	}
	return r.addRecovery()
}

// fill fills the lead's slots from node 0.
func (r *run) fill(rep *nrkernel.Replica) error {
	if r.Lead == 0 {
		return nil
	}
	p, err := rep.NewPort(1)
	if err != nil {
		return err
	}
	for i := range r.Lead {
		if _, err := kernel.Call(p, kv.Put(leadKey, uint64(i))); err != nil {
			return err
		}
	}
	return p.Close()
}

// bootGroup boots replicas in one process.
func bootGroup(r *run) error {
	node := 0
	g, err := nrkernel.NewGroup(r.Nodes, func() kernel.Service {
		node++
		return r.service(node - 1)
	}, nrkernel.Options{LogSlots: logSlots, Policy: &r.policy})
	if err != nil {
		return err
	}
	r.log = &logWatch{run: r} // the order of operations; its words are the group's own
	for node := range r.Nodes {
		r.machine.home = node
		r.watchStation(node, g.Replica(node).Station())
		for range r.Clients {
			if err := r.addClient(node, func(w int) (kernel.Port, error) { return g.Replica(node).NewPort(w) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func bootMultikernel(r *run) error {
	if err := r.watchRings(multikernel.MinRing); err != nil {
		return err
	}
	for node := range r.Nodes {
		r.machine.home = node
		table, err := r.table(node)
		if err != nil {
			return err
		}
		config := multikernel.Config{ID: node, Policy: &r.policy}
		if r.at.copies {
			config.Replicated, config.Tree, config.Shape = []kernel.ServiceID{r.definition().ID}, multikernel.Multicast, twoPackages(r.Nodes)
		}
		n, err := multikernel.Open(r.memory.keep, table, config)
		if err != nil {
			return err
		}
		r.mesh = append(r.mesh, n)
		r.nameWord(n.Station().Locked(), "monitor lock of node %d", node)
		r.watchStation(node, n.Station())
		for range r.Clients {
			if err := r.addClient(node, func(w int) (kernel.Port, error) { return n.NewPort(w) }); err != nil {
				return err
			}
		}
		r.attend(node, n)
	}
	return nil
}

// twoPackages is the shape of a machine whose first node is alone in its
// package: with three nodes or more its agreements are sent on.
func twoPackages(nodes int) multikernel.Shape {
	s := multikernel.Flat(nodes)
	for n := 1; n < nodes; n++ {
		s.Packages[n] = 1
	}
	return s
}

func bootBigLock(r *run) error {
	table, err := r.table(0)
	if err != nil {
		return err
	}
	kind, err := biglock.ParseKind(r.Structure[len("biglock-"):])
	if err != nil {
		return err
	}
	m, err := biglock.New(table, biglock.Config{Kind: kind, Nodes: r.Nodes, Policy: &r.policy})
	if err != nil {
		return err
	}
	for node := range r.Nodes {
		for range r.Clients {
			if err := r.addClient(node, func(w int) (kernel.Port, error) { return m.NewPort(node, w) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) nameWord(w *transport.Word, format string, args ...any) {
	if r.machine.tracing {
		r.memory.named[w] = fmt.Sprintf(format, args...)
	}
}
