package multikernel

import (
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
)

// copies is what a node has of the services whose placement is Replicated.
type copies struct {
	has       [256]bool // by service
	gates     [256][]gate
	streams   []stream // by coordinator
	scans     []scan
	spare     []*entry
	unsettled bool   // some stream is
	applied   uint64 // operations of all streams
}

// newCopies returns the copies of the services of a table that are replicated.
func (n *Node) newCopies(config Config) (*copies, error) {
	nodes := len(n.bells)
	shape, tree := config.Shape, config.Tree
	if shape.Packages == nil {
		shape.Packages = make([]int, nodes)
	}
	if err := shape.check(nodes); err != nil {
		return nil, err
	}
	if tree == "" {
		tree = shape.Best()
	}
	c := &copies{streams: make([]stream, nodes)}
	for _, id := range config.Replicated {
		s, err := n.table.Lookup(id)
		if err != nil {
			return nil, err
		}
		c.has[id], c.gates[id] = true, make([]gate, s.Shards())
	}
	for root := range c.streams {
		s := &c.streams[root]
		route := shape.Route(tree, root, nil)
		s.coordinator, s.parent = root, route.Parent[n.id]
		for _, node := range route.Children[n.id] {
			s.children = append(s.children, child{node: node})
		}
	}
	n.largest = 1 + kernel.MaxParts
	for _, p := range n.peers {
		if p != nil {
			n.largest = min(n.largest, p.channel.MaxMessage())
		}
	}
	return c, nil
}

// replicated reports whether every node has a copy of a service.
func (n *Node) replicated(s kernel.ServiceID) bool { return n.copies != nil && n.copies.has[s] }

// routeCopy is route for an operation on a copy.
func (n *Node) routeCopy(t *combining.Thread, place int) {
	op := &t.Ops[place]
	shard := n.table.Shard(op)
	c := n.copies
	switch {
	case !op.Code.IsQuery():
		n.order(t, place, shard)
	case shard == kernel.AllShards:
		n.span = kernel.ShardSet{}
		n.table.Span(op, &n.span)
		if n.allOpen(op.Service, &n.span) || mutant.ScanInTurn {
			n.readHere(t, place)
			return
		}
		c.scans = append(c.scans, scan{thread: t, place: place})
	default:
		g := &n.gatesOf(op.Service)[shard]
		if g.open() || mutant.ReadUnagreed {
			n.readHere(t, place)
			return
		}
		g.waiting.push(reader{t, place, g.arrived})
	}
}

// order has an operation ordered by the coordinator of its shard, or by those
// of all its shards.
func (n *Node) order(t *combining.Thread, place, shard int) {
	if shard == kernel.AllShards {
		n.begin(t, place)
		return
	}
	n.ask(Owner(shard, len(n.bells)), request{step: kernel.StepExecute, thread: t, place: place, to: n.origin(t, place)})
}

// readHere answers a read from the copy.
func (n *Node) readHere(t *combining.Thread, place int) {
	n.table.Execute(&t.Ops[place], &t.Results[place])
	n.finish(t, place)
}

// tryScans looks again whether reads of several shards may read.
func (n *Node) tryScans() {
	c := n.copies
	kept := c.scans[:0]
	for _, s := range c.scans {
		op := &s.thread.Ops[s.place]
		n.span = kernel.ShardSet{}
		n.table.Span(op, &n.span)
		if n.allOpen(op.Service, &n.span) || mutant.ScanInTurn {
			n.readHere(s.thread, s.place)
			continue
		}
		if s.tries++; s.tries < scanTries {
			kept = append(kept, s)
			continue
		}
		n.order(s.thread, s.place, kernel.AllShards)
	}
	c.scans = kept
}

// apply applies what is committed of a stream, as far as it is its turn, and
// reports whether there was anything.
func (n *Node) apply(s *stream) (progress bool) {
	for s.applied < s.committed {
		e := *s.entries.front()
		if !n.mayPass(e) {
			return progress
		}
		s.entries.pop()
		s.applied++
		n.copies.applied++
		progress = true
		n.show(s, e)
		n.pass(e)
		n.copies.spare = append(n.copies.spare, e)
		// Only one that locked shards here unlocks them: its caller may long have
		// another operation at the same place, whose lock this is not.
		if e.shard == kernel.AllShards && s.coordinator != n.id && e.shards.Meets(&n.owned[n.id]) || mutant.UnlockAnothers {
			n.unlock(e.to)
		}
	}
	return progress
}

// show executes an operation on the copy, and completes it if a thread here
// called it.
func (n *Node) show(s *stream, e *entry) {
	if int(e.to.Node) != n.id {
		if !e.skip {
			n.table.Execute(&e.op, &n.answer)
		}
		return
	}
	t := n.station.Thread(int(e.to.Thread))
	if t == nil || int(e.to.Place) >= len(t.Results) {
		n.damage = fmt.Errorf("node %d: %w: a proposal of its thread %d, place %d, which does not wait", n.id, ErrBadMessage, e.to.Thread, e.to.Place)
		return
	}
	n.table.Execute(&e.op, &t.Results[e.to.Place])
	if s.coordinator != n.id {
		n.peers[s.coordinator].owes--
	}
	if x := n.transactions[e.to]; x != nil {
		n.end(x)
		return
	}
	n.finish(t, int(e.to.Place))
}

// newEntry returns an entry with a copy of an operation's head; its data is
// empty.
func (c *copies) newEntry(op *kernel.Op, shard int, to kernel.Origin) *entry {
	var e *entry
	if last := len(c.spare) - 1; last >= 0 {
		e, c.spare = c.spare[last], c.spare[:last]
	} else {
		e = new(entry)
	}
	data := e.op.Data[:0]
	e.op, e.shard, e.to, e.skip = *op, shard, to, op.Code.IsQuery()
	e.op.Data = data
	return e
}
