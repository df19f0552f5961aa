package bench

import (
	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// drivers is a load for each thread of a variant.
type drivers []*load

func (d drivers) work(who int, until uint64) (uint64, error) { return d[who].run(until) }

// shape is the threads and replicas of a structure, and what is asked of them.
type shape struct {
	replicas, threads int // threads a replica
	window            int
	writes            uint64 // percent
}

// newNR makes a group over a service, filled, with a load for each thread.
func (s *Session) newNR(fresh func() kernel.Service, h shape) (drivers, *nrkernel.Group, error) {
	g, err := nrkernel.NewGroup(h.replicas, fresh, nrkernel.Options{Policy: &transport.Dedicated})
	if err != nil {
		return nil, nil, err
	}
	var d drivers
	for r := range h.replicas {
		for range h.threads {
			p, err := g.Replica(r).NewPort(h.window)
			if err != nil {
				return nil, nil, err
			}
			if len(d) == 0 {
				if err := fill(p, s.Keys); err != nil {
					return nil, nil, err
				}
			}
			d = append(d, newLoad(p, newMix(s.Keys, h.writes, len(d))))
		}
	}
	return d, g, nil
}

// newLocked makes two threads with one copy of a service behind a lock.
func (s *Session) newLocked(kind biglock.Kind, fresh func() kernel.Service, h shape) (drivers, error) {
	m, err := biglock.New(kernel.Single(fresh()), biglock.Config{Kind: kind, Nodes: 1, Policy: &transport.Dedicated})
	if err != nil {
		return nil, err
	}
	var d drivers
	for range h.threads {
		p, err := m.NewPort(0, h.window)
		if err != nil {
			return nil, err
		}
		if len(d) == 0 {
			if err := fill(p, s.Keys); err != nil {
				return nil, err
			}
		}
		d = append(d, newLoad(p, newMix(s.Keys, h.writes, len(d))))
	}
	return d, nil
}

// newTable makes one thread with a service and no structure.
func (s *Session) newTable(fresh func() kernel.Service, h shape) (drivers, error) {
	p, err := workload.NewBaseline(kernel.Single(fresh()), h.window)
	if err != nil {
		return nil, err
	}
	if err := fill(p, s.Keys); err != nil {
		return nil, err
	}
	return drivers{newLoad(p, newMix(s.Keys, h.writes, 0))}, nil
}

// partitioned is two multikernel nodes of this process.
type partitioned struct {
	drivers
	nodes []*multikernel.Node
}

// newPartitioned makes two kernels that own half of the keys each.
func (s *Session) newPartitioned(h shape) (*partitioned, error) {
	layout := new(transport.Layout)
	if err := multikernel.AddMesh(layout, 2, multikernel.DefaultRing); err != nil {
		return nil, err
	}
	segment, err := transport.Local(layout)
	if err != nil {
		return nil, err
	}
	p := new(partitioned)
	for id := range 2 {
		// Each owner's table is filled directly: to fill through a port, both
		// kernels would have to run.
		table := newFixedTable(s.Keys)
		var res kernel.Result
		for key := uint64(id); key < s.Keys; key += 2 {
			table.Apply(&kernel.Op{Service: 1, Code: codePut, Args: [kernel.MaxArgs]uint64{key, key}}, &res)
		}
		n, err := multikernel.Open(segment, kernel.Single(table), multikernel.Config{ID: id, Policy: &transport.Dedicated})
		if err != nil {
			return nil, err
		}
		port, err := n.NewPort(h.window)
		if err != nil {
			return nil, err
		}
		p.nodes = append(p.nodes, n)
		p.drivers = append(p.drivers, newLoad(port, newMix(s.Keys, h.writes, id)))
	}
	return p, nil
}

// idle serves the other kernel's requests.
func (p *partitioned) idle(who int) error {
	_, err := p.nodes[who].Serve()
	return err
}
