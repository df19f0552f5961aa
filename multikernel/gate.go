package multikernel

import (
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/kernel"
)

// gate keeps the reads of one shard from a copy that may be out of date. It is
// open while every operation that was prepared here has been applied.
//
// An operation takes a ticket when it is prepared and passes in the order of the
// tickets. That order is the same at all nodes for operations that touch the
// same shard: those of one coordinator come in its order, and one over shards of
// several is prepared nowhere before all that its coordinators ordered earlier
// is committed, nor is any later one prepared before it is committed.
type gate struct {
	arrived uint64 // tickets given
	passed  uint64 // tickets of operations that were applied
	waiting queue[reader]
}

// reader is a local read that waits for the operations that were prepared when
// it began: every write that was visible anywhere before is one of them, for a
// write is visible nowhere before all copies have prepared it.
type reader struct {
	thread *combining.Thread
	place  int
	ticket uint64 // it may read when so many have passed
}

func (g *gate) open() bool { return g.passed == g.arrived }

// scan is a local read of several shards. It must find all of them open at one
// instant: had it waited for each shard's operations in turn, it could see one
// of two concurrent writes and a scan at another node the other.
type scan struct {
	thread *combining.Thread
	place  int
	tries  int
}

// scanTries is how often a scan looks for an instant at which all its shards
// are open, before it is ordered among the writes by their coordinators.
const scanTries = 3

// gatesOf returns the gates of a service.
func (n *Node) gatesOf(s kernel.ServiceID) []gate { return n.copies.gates[s] }

// allOpen reports whether all shards of a set are open.
func (n *Node) allOpen(s kernel.ServiceID, shards *kernel.ShardSet) bool {
	gates := n.gatesOf(s)
	for shard := range gates {
		if shards.Has(shard) && !gates[shard].open() {
			return false
		}
	}
	return true
}

// enter gives an operation that is being prepared its tickets.
func (n *Node) enter(e *entry) {
	gates := n.gatesOf(e.op.Service)
	e.tickets = e.tickets[:0]
	if e.shard != kernel.AllShards {
		e.ticket = gates[e.shard].arrived
		gates[e.shard].arrived++
		return
	}
	e.shards = kernel.ShardSet{}
	n.table.Span(&e.op, &e.shards)
	for shard := range gates {
		if e.shards.Has(shard) {
			e.tickets = append(e.tickets, gates[shard].arrived)
			gates[shard].arrived++
		}
	}
}

// mayPass reports whether it is an operation's turn at all its gates.
func (n *Node) mayPass(e *entry) bool {
	gates := n.gatesOf(e.op.Service)
	if e.shard != kernel.AllShards {
		return gates[e.shard].passed == e.ticket
	}
	i := 0
	for shard := range gates {
		if e.shards.Has(shard) {
			if gates[shard].passed != e.tickets[i] {
				return false
			}
			i++
		}
	}
	return true
}

// pass lets an operation that was applied through its gates, and then the reads
// that waited for it.
func (n *Node) pass(e *entry) {
	gates := n.gatesOf(e.op.Service)
	if e.shard != kernel.AllShards {
		n.passOne(&gates[e.shard])
		return
	}
	for shard := range gates {
		if e.shards.Has(shard) {
			n.passOne(&gates[shard])
		}
	}
}

func (n *Node) passOne(g *gate) {
	g.passed++
	if assert.On && g.passed > g.arrived {
		assert.Fail("node %d: %d operations have passed a gate, and %d have come", n.id, g.passed, g.arrived)
	}
	for g.waiting.len() > 0 && g.waiting.front().ticket <= g.passed {
		r := *g.waiting.front()
		g.waiting.pop()
		n.readHere(r.thread, r.place)
	}
}
