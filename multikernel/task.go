package multikernel

import (
	"fmt"

	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel/capability"
)

// task is what a node was asked to do with shards that it owns, and could not
// do and forget at once: it waits for shards that are locked, or it is the part
// of a transaction that has locked them.
type task struct {
	from   int // the node that asked
	to     kernel.Origin
	step   kernel.Step
	op     kernel.Op // with data of its own
	shards kernel.ShardSet
}

// tasks are the tasks of a node. There are never more than the windows of all
// threads allow.
type tasks struct {
	locked  []*task // prepared: no other operation touches their shards
	waiting []*task // in the order they came
	spare   []*task
}

// idle reports whether no shard is locked, and nothing waits.
func (ts *tasks) idle() bool { return len(ts.locked)+len(ts.waiting) == 0 }

// blocks reports whether an operation has to wait: a shard of it is locked, or
// somebody who came before it waits for one.
func (ts *tasks) blocks(s kernel.ServiceID, shards *kernel.ShardSet, waiting []*task) bool {
	for _, list := range [][]*task{ts.locked, waiting} {
		for _, t := range list {
			if t.op.Service == s && t.shards.Meets(shards) {
				return true
			}
		}
	}
	return false
}

// keep returns a task with a copy of the operation.
func (ts *tasks) keep(from int, to kernel.Origin, step kernel.Step, op *kernel.Op) *task {
	var t *task
	if last := len(ts.spare) - 1; last >= 0 {
		t, ts.spare = ts.spare[last], ts.spare[:last]
	} else {
		t = &task{op: kernel.Op{Data: make([]byte, 0, kernel.MaxData)}}
	}
	data := append(t.op.Data[:0], op.Data...)
	t.from, t.to, t.step, t.op = from, to, step, *op
	t.op.Data = data
	t.shards = kernel.ShardSet{}
	return t
}

// execute does what a node (this one, or another by message) asks at a step.
func (n *Node) execute(from int, to kernel.Origin, step kernel.Step, op *kernel.Op) error {
	switch step {
	case kernel.StepCommit, kernel.StepAbort:
		return n.release(from, to, step)
	case kernel.StepExecute:
		if n.isSpaces(op.Service) {
			n.spaces.Begin(op, capability.Tag{From: from, To: to})
			return nil
		}
		if n.tasks.idle() {
			n.run(from, to, op)
			return nil
		}
	}
	t := n.tasks.keep(from, to, step, op)
	n.table.Span(&t.op, &t.shards)
	if n.replicated(op.Service) {
		t.shards.Keep(&n.owned[n.id])
	}
	if n.blocked(t, n.tasks.waiting) {
		n.tasks.waiting = append(n.tasks.waiting, t)
		return nil
	}
	n.start(t)
	return nil
}

// start runs a task whose shards are free: to its end, or until it is committed.
func (n *Node) start(t *task) {
	if t.step == kernel.StepExecute {
		n.run(t.from, t.to, &t.op)
		n.tasks.spare = append(n.tasks.spare, t)
		return
	}
	n.answer.Reset()
	if !n.replicated(t.op.Service) {
		n.answer.Status = n.vote(&t.op)
	}
	from, to, s, c := t.from, t.to, t.op.Service, t.op.Code
	if n.answer.Status == kernel.StatusOK {
		n.tasks.locked = append(n.tasks.locked, t)
	} else {
		n.tasks.spare = append(n.tasks.spare, t)
	}
	n.reply(from, to, kernel.StepPrepare, s, c, &n.answer)
}

// vote answers whether the part of an operation over several shards that this
// node was given would succeed.
func (n *Node) vote(part *kernel.Op) kernel.Status {
	if service := n.table.Spanning(part); service != nil {
		return service.Vote(part)
	}
	return kernel.StatusUnsupported
}

// blocked reports whether a task has to wait: see blocks. One that locks shards
// of a copy also waits until all that this node has ordered on them is
// committed, and so everywhere before it.
func (n *Node) blocked(t *task, waiting []*task) bool {
	return n.tasks.blocks(t.op.Service, &t.shards, waiting) ||
		t.step == kernel.StepPrepare && n.replicated(t.op.Service) && !mutant.LockUndrained && !n.allOpen(t.op.Service, &t.shards)
}

// unlock ends a task that locked shards for an operation that was applied.
func (n *Node) unlock(to kernel.Origin) {
	for i, t := range n.tasks.locked {
		if t.to == to {
			n.tasks.locked = append(n.tasks.locked[:i], n.tasks.locked[i+1:]...)
			n.tasks.spare = append(n.tasks.spare, t)
			return
		}
	}
}

// release ends the part of a transaction that was prepared, and starts what has
// waited for its shards.
func (n *Node) release(from int, to kernel.Origin, step kernel.Step) error {
	for i, t := range n.tasks.locked {
		if t.to != to {
			continue
		}
		n.tasks.locked = append(n.tasks.locked[:i], n.tasks.locked[i+1:]...)
		if step == kernel.StepCommit {
			n.table.Execute(&t.op, &n.answer)
			n.reply(from, to, step, t.op.Service, t.op.Code, &n.answer)
		}
		n.tasks.spare = append(n.tasks.spare, t)
		if !mutant.LeaveWaiting {
			n.resume()
		}
		return nil
	}
	return fmt.Errorf("%w: step %d of an operation that was not prepared", ErrBadMessage, step)
}

// resume starts the waiting tasks whose shards are free.
func (n *Node) resume() {
	ts := &n.tasks
	for i := 0; i < len(ts.waiting); {
		t := ts.waiting[i]
		if n.blocked(t, ts.waiting[:i]) {
			i++
			continue
		}
		ts.waiting = append(ts.waiting[:i], ts.waiting[i+1:]...)
		n.start(t)
	}
}

// run executes an operation and answers it, or proposes it to all copies, which
// will.
func (n *Node) run(from int, to kernel.Origin, op *kernel.Op) {
	if n.replicated(op.Service) {
		n.propose(op, to)
		return
	}
	n.table.Execute(op, &n.answer)
	n.reply(from, to, kernel.StepExecute, op.Service, op.Code, &n.answer)
}

// reply gives the node that asked its answer.
func (n *Node) reply(from int, to kernel.Origin, step kernel.Step, s kernel.ServiceID, c kernel.Code, r *kernel.Result) {
	if from == n.id {
		n.take(from, to, step, r)
		return
	}
	p := n.peers[from]
	if p.answers.len() > 0 || !n.sendAnswer(p, s, c, to, step, r) {
		kept := *r
		kept.Data = append([]byte(nil), r.Data...)
		p.answers.push(answer{s, c, to, step, kept})
	}
}

// take hands an answer that is here, not in a message, to its caller.
func (n *Node) take(from int, to kernel.Origin, step kernel.Step, r *kernel.Result) {
	if x := n.transactions[to]; x != nil {
		n.answered(x, from, step, r)
		return
	}
	t := n.station.Thread(int(to.Thread))
	into := &t.Results[to.Place]
	into.Status, into.Value, into.Data = r.Status, r.Value, append(into.Data[:0], r.Data...)
	n.finish(t, int(to.Place))
}
