package nrkernel

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// Node is a node's hold on the logs of a machine: a replica for each. With one
// log it is that replica and nothing more. With several, each replica holds the
// shards of its log, and has a combiner and a reader lock of its own: operations
// on shards of different logs do not meet.
//
// No thread waits for another node while it holds the lock of one of several
// logs, except for a slot that is being filled: the other node may need just
// what it holds. So a batch may stay behind in the log, reserved and published
// but not applied, when an operation over several logs comes before it; whoever
// comes next applies it and hands out the results.
type Node struct {
	_        transport.Pad
	id       int
	replicas []*Replica
	order    *transport.Line
	routes   routing
	policy   *transport.Policy
	stop     *transport.Word
	// meeting is where threads say that they work (see combining.Attend).
	meeting *combining.Station
	// peers are the other nodes of this process, if there are any.
	peers []*Node

	// Of whoever holds the locks of all logs.
	spanning
	_ transport.Pad
}

var (
	_ combining.Server  = (*Node)(nil)
	_ combining.Sleeper = (*Node)(nil)
)

// Results of a replica of several logs that its combiner cannot deal with alone.
var (
	errAcross = errors.New("the next entry is of an operation over several logs")
	errFull   = errors.New("the log has no room")
)

// NewNode opens a node's replicas of a machine's logs. It calls services once
// for each log; all must return the state of the logs' beginning, which the
// node's snapshot replaces if it joins late.
func NewNode(logs *Logs, services func() (*kernel.Table, error), c Config) (*Node, error) {
	if c.Stop == nil {
		c.Stop = new(transport.Word)
	}
	if c.Policy == nil {
		c.Policy = &transport.Goroutines
	}
	n := &Node{id: c.ID, order: logs.order, policy: c.Policy, stop: c.Stop, meeting: combining.NewStation(c.Policy)}
	for _, store := range logs.stores {
		table, err := services()
		if err != nil {
			return nil, err
		}
		if c.Snapshot != nil {
			if err := table.Restore(c.Snapshot); err != nil {
				return nil, fmt.Errorf("join late: %w", err)
			}
		}
		r, err := NewReplica(store, table, c)
		if err != nil {
			return nil, err
		}
		if c.Phases != nil {
			r.log.phase = &c.Phases[len(n.replicas)].Word
		}
		n.replicas = append(n.replicas, r)
	}
	n.routes = newRouting(n.replicas[0].table, len(n.replicas))
	if len(n.replicas) > 1 {
		for _, r := range n.replicas {
			r.node, r.log.several, r.log.bells = n, true, n.replicas[0].log.bells
		}
		n.spanning = newSpanning()
	}
	return n, nil
}

// NewPort adds a thread with a window of outstanding operations.
func (n *Node) NewPort(window int) (kernel.Port, error) {
	if len(n.replicas) == 1 {
		p, err := n.replicas[0].NewPort(window)
		if err != nil {
			return nil, err
		}
		return p, nil
	}
	p, err := n.newPort(window)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ID returns the node's number.
func (n *Node) ID() int { return n.id }

// Logs returns the number of logs.
func (n *Node) Logs() int { return len(n.replicas) }

// Replica returns the node's replica of a log.
func (n *Node) Replica(log int) *Replica { return n.replicas[log] }

// lockAll makes the caller the combiner of all logs: a thread's port, or nil.
// All who take more than one lock take them in ascending order.
func (n *Node) lockAll(p *manyPort) {
	for i, r := range n.replicas {
		if p == nil {
			r.station.Lock()
			r.combiner = nil
			continue
		}
		t := p.ports[i].thread
		w := transport.NewWaiter(n.policy)
		for !r.station.Enter(t) {
			w.Wait(r.station.Locked(), 1)
		}
		r.combiner = t
	}
}

// tryLockAll is lockAll for no thread, unless some log has a combiner already.
func (n *Node) tryLockAll() bool {
	for i, r := range n.replicas {
		if !r.station.TryLock() {
			for _, r := range n.replicas[:i] {
				r.station.Unlock()
			}
			return false
		}
		r.combiner = nil
	}
	return true
}

func (n *Node) unlockAll() {
	for _, r := range n.replicas {
		t := r.combiner
		r.combiner = nil
		if t == nil {
			r.station.Unlock()
		} else {
			r.station.Exit(t)
		}
	}
}

// across executes the operations over several logs that are next, and all that
// the logs hold besides.
func (n *Node) across(p *manyPort) error {
	n.lockAll(p)
	err := n.settleAll()
	n.unlockAll()
	return err
}

// Serve replays the logs to their tails, except those that have a combiner at
// work, and reports whether there was anything to replay.
func (n *Node) Serve() (progress bool, err error) {
	blocked := false
	for _, r := range n.replicas {
		served, err := r.Serve()
		if err == errAcross {
			blocked = true
		} else if err != nil {
			return progress, err
		}
		progress = progress || served
	}
	if blocked {
		if err := n.across(nil); err != ErrAway {
			return true, err
		}
	}
	return progress, nil
}

// advance replays a part of what the node is behind in a log, for a peer of this
// process that waits for room in it.
func (n *Node) advance(log int) error {
	r := n.replicas[log]
	if err := r.advance(); err != errAcross || !n.tryLockAll() {
		return kept(err)
	}
	err := n.settle(log, r.advanceTo())
	n.unlockAll()
	return kept(err)
}

// kept is err, unless that only says that somebody else has to come.
func kept(err error) error {
	if err == errAcross || err == ErrAway {
		return nil
	}
	return err
}

// Bell returns what rings when a replica of the node holds up its log.
func (n *Node) Bell() *transport.Bell { return n.replicas[0].Bell() }

// Station returns where the threads of the node say that they work.
func (n *Node) Station() *combining.Station {
	if len(n.replicas) == 1 {
		return n.replicas[0].Station()
	}
	return n.meeting
}

// Sleeps reports whether nobody need look after the node before it is rung for.
func (n *Node) Sleeps() bool { return n.replicas[0].Sleeps() }

// Traffic returns what the node saw cross between nodes.
func (n *Node) Traffic() (all transport.Traffic) {
	for _, r := range n.replicas {
		all = all.Add(r.Traffic())
	}
	return all
}

// HandOvers returns the node's column of the traffic matrix: the lines that its
// replicas took, of all logs together.
func (n *Node) HandOvers() (all []transport.HandOver) {
	for _, r := range n.replicas {
		for _, h := range r.HandOvers() {
			same := func(other transport.HandOver) bool { return other.From == h.From && other.Cause == h.Cause }
			if i := slices.IndexFunc(all, same); i >= 0 {
				all[i].Lines += h.Lines
			} else {
				all = append(all, h)
			}
		}
	}
	return all
}

// Positions returns where each log stands, and the node's replica in it.
func (n *Node) Positions() []Positions {
	var all []Positions
	for _, r := range n.replicas {
		all = append(all, r.Positions())
	}
	return all
}

// Digest replays the logs to their tails and returns the digest of the services,
// and the index in each log that it is of. Nodes that are asked at the same
// indices give one digest.
func (n *Node) Digest() (digest uint64, at []uint64, err error) {
	if len(n.replicas) == 1 {
		digest, index, err := n.replicas[0].Digest()
		return digest, []uint64{index}, err
	}
	n.lockAll(nil)
	defer n.unlockAll()
	if err := n.settleAll(); err != nil {
		return 0, nil, fmt.Errorf("digest: %w", err)
	}
	for _, r := range n.replicas {
		digest += r.table.Digest()
		at = append(at, r.log.applied)
	}
	return digest, at, nil
}
