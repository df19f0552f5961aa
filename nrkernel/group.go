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
	// Logs is the number of logs, each with its own part of the structure's
	// shards; 0 means 1. See Node.
	Logs int
	// Policy says how threads wait. The default suits goroutines that are not
	// pinned; threads with a CPU each want transport.Dedicated.
	Policy *transport.Policy
}

// Group is a structure replicated inside one process: several replicas and
// their log. Give each NUMA node, or each group of cores that share a cache, a
// replica, and each goroutine a Port of the nearest.
type Group struct{ nodes []*Node }

// NewGroup makes n replicas of a service. Each is made by its own call of
// fresh, with several logs one call for each, and all must begin equal.
// Operations name service 1.
func NewGroup(n int, fresh func() kernel.Service, o Options) (*Group, error) {
	if o.LogSlots == 0 {
		o.LogSlots = DefaultLogSlots
	}
	if o.Logs == 0 {
		o.Logs = 1
	}
	layout := new(transport.Layout)
	if err := AddLogs(layout, o.Logs, o.LogSlots, n, 0); err != nil {
		return nil, err
	}
	segment, err := transport.Local(layout)
	if err != nil {
		return nil, err
	}
	logs, err := OpenLogs(segment)
	if err != nil {
		return nil, err
	}
	logs.Prepare()
	g := new(Group)
	services := func() (*kernel.Table, error) { return kernel.Single(fresh()), nil }
	for id := range n {
		node, err := NewNode(logs, services, Config{ID: id, Policy: o.Policy})
		if err != nil {
			return nil, err
		}
		g.nodes = append(g.nodes, node)
	}
	for _, n := range g.nodes {
		for _, peer := range g.nodes {
			if peer == n {
				continue
			}
			n.peers = append(n.peers, peer)
			for i, r := range n.replicas {
				r.peers = append(r.peers, peer.replicas[i])
			}
		}
	}
	return g, nil
}

// Node returns node i, counted from 0: a replica of every log.
func (g *Group) Node(i int) *Node { return g.nodes[i] }

// Replica returns replica i of the first log, and so of the only one where one
// was asked for, counted from 0.
func (g *Group) Replica(i int) *Replica { return g.nodes[i].replicas[0] }

// Replicas returns the number of replicas of each log.
func (g *Group) Replicas() int { return len(g.nodes) }
