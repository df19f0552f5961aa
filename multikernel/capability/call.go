package capability

import (
	"fmt"

	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// call is an operation on this kernel's space.
type call struct {
	op     kernel.Op
	tag    Tag
	pinned *capability
	// after is how many commits there must have been before it is tried again.
	after uint64
}

// blocked reports whether whoever wants a capability of an object has to wait: it is
// under a mark, or about to be owned here.
func (m *Monitor) blocked(o *object) bool {
	return o.coming || m.covered(o.id, o.Region) && !mutant.UseMarked
}

// attempt does what can be done of a call: all, or it asks the owner, or it waits.
func (m *Monitor) attempt(c *call) {
	p := caps.PlacesOf(&c.op)
	if c.after > m.commits {
		m.parked = append(m.parked, c)
		return
	}
	switch c.op.Code {
	case caps.CodeList:
		m.list(c, p.Slot)
		return
	case caps.CodeCreate:
		first, _ := caps.Making(&c.op)
		switch {
		case !caps.Retypable(caps.PhysAddr, first.Type):
			m.answer(c, kernel.StatusWrongType, 0)
		case m.slotBlocked(p.Slot, 1):
			m.parked = append(m.parked, c)
		default:
			m.ask(c, nil, first.Base, first.End())
		}
		return
	}
	held := m.slot(p.Slot)
	switch {
	case held == nil:
		m.answer(c, kernel.StatusNotFound, 0)
		return
	case m.blocked(held.object), held.leaving && c.op.Code != caps.CodeIdentify:
		m.parked = append(m.parked, c)
		return
	}
	switch c.op.Code {
	case caps.CodeIdentify:
		m.result.Reset()
		m.info(held).Answer(&m.result)
		m.finish(c.tag, &c.op, &m.result)
	case caps.CodeRetype:
		_, count := caps.Making(&c.op)
		low, high, s := caps.Part(&c.op, held.object.Region)
		switch {
		case s != kernel.StatusOK:
			m.answer(c, s, 0)
		case m.slotBlocked(p.ToSlot, count):
			m.parked = append(m.parked, c)
		default:
			m.ask(c, held, low, high)
		}
	case caps.CodeCopy:
		if p.ToSpace >= m.nodes {
			m.answer(c, kernel.StatusUnsupported, 0)
			return
		}
		m.ask(c, held, uint64(p.ToSpace), uint64(p.ToSlot))
	case caps.CodeDelete:
		m.delete(c, held)
	case caps.CodeRevoke:
		m.ask(c, held, uint64(p.Slot), 0)
	case caps.CodeTransfer:
		m.ask(c, held, uint64(p.ToSpace), 0)
	default:
		m.answer(c, kernel.StatusInvalid, 0)
	}
}

// slotBlocked reports whether one of some slots holds what may be about to go.
func (m *Monitor) slotBlocked(first, count int) bool {
	for i := range count {
		if c := m.slot(first + i); c != nil && m.covered(c.object.id, c.object.Region) {
			return true
		}
	}
	return false
}

func (m *Monitor) list(c *call, from int) {
	i, _ := m.at(from)
	m.result.Reset()
	for _, held := range m.slots[i:] {
		if m.blocked(held.object) {
			m.parked = append(m.parked, c)
			return
		}
		if m.result.Value == caps.MaxPage {
			break
		}
		m.info(held).Append(&m.result)
	}
	m.finish(c.tag, &c.op, &m.result)
}

// answer ends a call.
func (m *Monitor) answer(c *call, s kernel.Status, value uint64) {
	m.unpin(c)
	m.result.Reset()
	m.result.Status, m.result.Value = s, value
	m.finish(c.tag, &c.op, &m.result)
}

func (m *Monitor) unpin(c *call) {
	if c.pinned != nil {
		c.pinned.pins--
		c.pinned.leaving = false
		c.pinned, m.stirred = nil, true
	}
}

// ask has the owner of an object (nil: the root) do what a call wants.
func (m *Monitor) ask(c *call, held *capability, a, b uint64) {
	m.lastCall++
	m.calls[m.lastCall] = c
	r := request{what: c.op.Code, from: m.node, number: m.lastCall, a: a, b: b}
	if held == nil {
		m.tell(rootOwner, codeRequest, rootID, caller(r.from, r.number), uint64(r.what), a, b)
		return
	}
	held.pins++
	c.pinned = held
	if held.object.mine {
		m.admit(held.object, r)
		return
	}
	m.tell(held.object.owner, codeRequest, held.object.id, caller(r.from, r.number), uint64(r.what), a, b)
}

// replied takes what the owner answered to a call.
func (m *Monitor) replied(number uint64, s kernel.Status, value uint64) error {
	c := m.calls[number]
	if c == nil {
		return fmt.Errorf("%w: nobody waits for reply %d", ErrBadMessage, number)
	}
	delete(m.calls, number)
	m.stirred = true
	if s == refused || s == anew {
		if s == refused {
			// Its capability was pinned, so the commit that it waits for has not come here.
			c.after = m.commits + 1
		}
		m.unpin(c)
		m.parked = append(m.parked, c)
		return nil
	}
	if s == kernel.StatusOK && (c.op.Code == caps.CodeCreate || c.op.Code == caps.CodeRetype) {
		m.makeObjects(c, value)
		return nil
	}
	m.answer(c, s, value)
	return nil
}

// makeObjects makes the objects of a create or a retype that a check let pass.
func (m *Monitor) makeObjects(c *call, made uint64) {
	p := caps.PlacesOf(&c.op)
	next, count := caps.Making(&c.op)
	to := p.Slot
	if c.op.Code == caps.CodeRetype {
		to = p.ToSlot
		next.Base += c.pinned.object.Base
	}
	if m.slotBlocked(to, count) {
		// What is there may be gone by the time that the revoke is: from the beginning.
		m.unpin(c)
		m.parked = append(m.parked, c)
		return
	}
	for i := range count {
		if m.slot(to+i) != nil {
			m.answer(c, kernel.StatusExists, 0)
			return
		}
	}
	owner, check := madeBy(made)
	for i := range count {
		m.put(to+i, &object{
			id: objectID(owner, check, i+1), Region: next, owner: m.node, mine: true, holders: 1 << m.node,
		})
		next.Base += next.Bytes
	}
	m.answer(c, kernel.StatusOK, 0)
}
