package multikernel

import (
	"math/bits"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
)

// transaction is an operation over the shards of several owners, as the node
// that was called sees it: two-phase commit. It prepares one owner after the
// other, in ascending order, so that two transactions never wait for each
// other in a circle; the last one, with all others locked, executes at once;
// then the others commit.
//
//	prepare owner 0 ─▶ locked, yes        every part executes while the shards
//	prepare owner 1 ─▶ locked, yes        of all parts are locked: nobody sees
//	execute owner 2 ─▶ result             one part's effect without the others'
//	commit  owner 0, owner 1 ─▶ results
//
// A part that would change nothing votes no, and the others are aborted. With
// N owners this takes 4N-2 messages, N+1 message round trips one after the other.
type transaction struct {
	thread *combining.Thread
	place  int
	owners uint64 // by node, those that have not been asked yet
	locked uint64 // by node, those that were prepared
	asked  int    // the owner that is being prepared, or executes
	owes   int    // commits without an answer
}

// begin starts an operation over several shards.
func (n *Node) begin(t *combining.Thread, place int) {
	op, r := &t.Ops[place], &t.Results[place]
	n.span = kernel.ShardSet{}
	n.table.Span(op, &n.span)
	owners := n.ownersOf(&n.span)
	if bits.OnesCount64(owners) == 1 {
		n.ask(bits.TrailingZeros64(owners), request{step: kernel.StepExecute, thread: t, place: place, to: n.origin(t, place)})
		return
	}
	r.Reset()
	if n.table.Spanning(op) == nil && !n.replicated(op.Service) {
		r.Status = kernel.StatusUnsupported
		n.finish(t, place)
		return
	}
	x := n.newTransaction()
	*x = transaction{thread: t, place: place, owners: owners}
	n.transactions[n.origin(t, place)] = x
	n.advance(x)
}

// advance asks the next owner.
func (n *Node) advance(x *transaction) {
	x.asked = bits.TrailingZeros64(x.owners)
	x.owners &= x.owners - 1
	step := kernel.StepPrepare
	if x.owners == 0 {
		step = kernel.StepExecute
	}
	n.askPart(x, x.asked, step)
}

// askPart sends an owner a step of a transaction.
func (n *Node) askPart(x *transaction, owner int, step kernel.Step) {
	n.ask(owner, request{step: step, part: !n.replicated(x.thread.Ops[x.place].Service), thread: x.thread, place: x.place, to: n.origin(x.thread, x.place)})
}

// answered takes an owner's answer.
func (n *Node) answered(x *transaction, owner int, step kernel.Step, r *kernel.Result) {
	whole := &x.thread.Results[x.place]
	op := &x.thread.Ops[x.place]
	switch {
	case r.Status != kernel.StatusOK:
		n.eachOwner(x.locked, func(owner int) { n.askPart(x, owner, kernel.StepAbort) })
		whole.Reset()
		whole.Status = r.Status
		n.end(x)
	case step == kernel.StepPrepare:
		x.locked |= 1 << owner
		n.advance(x)
	case step == kernel.StepExecute:
		n.table.Spanning(op).Merge(op, whole, r)
		x.owes = bits.OnesCount64(x.locked)
		n.eachOwner(x.locked, func(owner int) { n.askPart(x, owner, kernel.StepCommit) })
	default:
		n.table.Spanning(op).Merge(op, whole, r)
		if x.owes--; x.owes == 0 {
			n.end(x)
		}
	}
}

func (n *Node) end(x *transaction) {
	t, place := x.thread, x.place
	delete(n.transactions, n.origin(t, place))
	*x = transaction{}
	n.spare = append(n.spare, x)
	n.finish(t, place)
}

func (n *Node) newTransaction() *transaction {
	if last := len(n.spare) - 1; last >= 0 {
		x := n.spare[last]
		n.spare = n.spare[:last]
		return x
	}
	return new(transaction)
}

// ownersOf returns the owners of the shards of a set.
func (n *Node) ownersOf(span *kernel.ShardSet) (owners uint64) {
	for node := range n.bells {
		if span.Meets(&n.owned[node]) {
			owners |= 1 << node
		}
	}
	return owners
}

func (n *Node) eachOwner(owners uint64, f func(owner int)) {
	for ; owners != 0; owners &= owners - 1 {
		f(bits.TrailingZeros64(owners))
	}
}

func (n *Node) origin(t *combining.Thread, place int) kernel.Origin {
	return kernel.Origin{Node: uint8(n.id), Thread: uint8(t.ID), Place: uint16(place)}
}
