package nrkernel

import (
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// DefaultLogSlots is the size of a log when nothing else is asked: 2 MiB.
const DefaultLogSlots = 32768

// Options are the choices of a Group. The zero value is ready to use.
type Options struct {
	// LogSlots is the size of the log in slots of 64 bytes: a power of two.
	LogSlots int
	// Policy says how threads wait. The default suits goroutines that are not
	// pinned; threads with a CPU each want transport.Dedicated.
	Policy *transport.Policy
}

// Group is a structure replicated inside one process: several replicas and
// their log. Give each NUMA node, or each group of cores that share a cache, a
// replica, and each goroutine a Port of the nearest.
type Group struct {
	replicas []*Replica
	store    *transport.LogStore
}

// NewGroup makes n replicas of a service. Each is made by its own call of
// fresh, and all must begin equal. Operations name service 1.
func NewGroup(n int, fresh func() kernel.Service, o Options) (*Group, error) {
	if o.LogSlots == 0 {
		o.LogSlots = DefaultLogSlots
	}
	layout := new(transport.Layout)
	if err := layout.AddLog("log", o.LogSlots, n, 0); err != nil {
		return nil, err
	}
	segment, err := transport.Local(layout)
	if err != nil {
		return nil, err
	}
	store, err := transport.OpenLog(segment, "log")
	if err != nil {
		return nil, err
	}
	Prepare(store)
	g := &Group{store: store}
	for id := range n {
		r, err := NewReplica(store, kernel.Single(fresh()), Config{ID: id, Policy: o.Policy})
		if err != nil {
			return nil, err
		}
		g.replicas = append(g.replicas, r)
	}
	for _, r := range g.replicas {
		for _, peer := range g.replicas {
			if peer != r {
				r.peers = append(r.peers, peer)
			}
		}
	}
	return g, nil
}

// Replica returns replica i, counted from 0.
func (g *Group) Replica(i int) *Replica { return g.replicas[i] }

// Replicas returns the number of replicas.
func (g *Group) Replicas() int { return len(g.replicas) }
