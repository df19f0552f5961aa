package capability

import (
	"math/bits"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// transfer begins to make another kernel the owner, if it has a copy.
func (m *Monitor) transfer(o *object) {
	t := o.task
	t.to = int(t.a)
	switch {
	case t.to == m.node:
		m.end(o, kernel.StatusOK, 0)
	case o.holders>>t.to&1 == 0:
		m.end(o, kernel.StatusMismatch, 0)
	default:
		m.tell(t.to, codeWillYou, o.id)
	}
}

// delete empties a slot: at once, unless it is the owner's last copy of an object
// that others may have.
func (m *Monitor) delete(c *call, held *capability) {
	o := held.object
	switch {
	case held.pins > 0:
		m.parked = append(m.parked, c)
	case o.mine && o.remote && len(o.slots) == 1:
		held.leaving = true
		m.ask(c, held, uint64(held.number), 0)
	default:
		m.forget(held)
		m.answer(c, kernel.StatusOK, 0)
	}
}

// forget empties a slot, and tells the owner if it was the last one here.
func (m *Monitor) forget(c *capability) {
	o := c.object
	m.empty(c)
	if len(o.slots) == 0 && !o.mine {
		m.tell(o.owner, codeDrop, o.id)
	}
}

// deleteLast is the turn of a delete of the owner's last copy: somebody else has to
// become the owner, or the object is gone.
func (m *Monitor) deleteLast(o *object) {
	t := o.task
	held := m.slot(int(t.a))
	left := o.holders &^ (1 << m.node)
	if len(o.slots) > 1 || left == 0 {
		m.empty(held)
		o.mine = len(o.slots) > 0
		m.end(o, kernel.StatusOK, 0)
		return
	}
	t.to = bits.TrailingZeros64(left)
	m.tell(t.to, codeWillYou, o.id)
}

// willYou answers whether this kernel has a copy still. From now on whoever wants it
// here waits until the ownership has come.
func (m *Monitor) willYou(from int, id uint64) {
	o := m.objects[id]
	if o == nil {
		m.tell(from, codeWill, id, 0)
		return
	}
	o.coming, o.dropped = true, 0
	m.tell(from, codeWill, id, 1)
}

// will takes the answer: then all who have copies hear of the new owner.
func (m *Monitor) will(from int, id uint64, yes bool) error {
	o, err := m.atTask(id, from, caps.CodeTransfer, caps.CodeDelete)
	if err != nil {
		return err
	}
	t := o.task
	if !yes {
		o.holders &^= 1 << from
		if t.what == caps.CodeDelete {
			m.deleteLast(o)
		} else {
			m.end(o, kernel.StatusMismatch, 0)
		}
		return nil
	}
	t.waiting = o.holders &^ (1<<m.node | 1<<t.to)
	if t.waiting == 0 {
		m.giveAway(o)
		return nil
	}
	m.tellAll(t.waiting, codeUpdate, id, uint64(t.to))
	return nil
}

// update takes the word of a new owner. When it has answered, nothing that it said to
// the old one is under way.
func (m *Monitor) update(from int, id uint64, owner int) {
	if o := m.objects[id]; o != nil {
		o.owner = owner
	}
	m.tell(from, codeUpdated, id)
}

func (m *Monitor) updated(from int, id uint64) error {
	o, err := m.atTask(id, from, caps.CodeTransfer, caps.CodeDelete)
	if err != nil {
		return err
	}
	if o.task.waiting &^= 1 << from; o.task.waiting == 0 {
		m.giveAway(o)
	}
	return nil
}

// giveAway makes the other kernel the owner: this is the instant of a transfer. What
// waits goes on there.
func (m *Monitor) giveAway(o *object) {
	t := o.task
	o.task, o.mine, o.owner = nil, false, t.to
	if t.what == caps.CodeDelete {
		if len(o.slots) == 1 {
			o.holders &^= 1 << m.node
		}
		// Not forget: the new owner knows by what it is told now.
		m.empty(m.slot(int(t.a)))
	}
	m.tell(t.to, codeGrant, o.id, o.holders)
	for _, r := range o.queue {
		if r.what == caps.CodeDelete {
			m.reply(r, anew, 0) // of this kernel's, which is not the owner's any more
			continue
		}
		m.tell(t.to, codeRequest, o.id, caller(r.from, r.number), uint64(r.what), r.a, r.b)
	}
	o.queue, o.holders = nil, 0
	m.reply(t.request, kernel.StatusOK, 0)
	m.stirred = true
}

// grant makes this kernel the owner.
func (m *Monitor) grant(id, holders uint64) error {
	o := m.objects[id]
	if o == nil {
		return nil // it went under a mark, whose commit was faster, and so it went everywhere
	}
	if !o.coming {
		return errUnexpected(m.node, id)
	}
	o.coming, o.mine, o.owner, o.remote = false, true, m.node, true
	o.holders, o.dropped = holders&^o.dropped|1<<m.node, 0
	m.next(o)
	return nil
}

// drop takes the word that a kernel has no copy any more.
func (m *Monitor) drop(from int, id uint64) {
	switch o := m.objects[id]; {
	case o == nil:
	case o.mine:
		o.holders &^= 1 << from
	case o.coming:
		o.dropped |= 1 << from
	}
}
