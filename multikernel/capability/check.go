package capability

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// check is a retype that the owner asks all kernels about.
type check struct {
	object   *object
	conflict bool
	askers   []int // who wait for its end
}

// hold is a check that this kernel has answered with no: what it is about may not
// come here while that counts.
type hold struct {
	owner    int
	check    uint64
	id       uint64 // of the object that is retyped
	of       caps.Region
	from, to uint64
	asked    bool // whether it is over
}

// keeps reports whether a check would have been answered with yes for an object.
func (h *hold) keeps(id uint64, r caps.Region) bool {
	return id != h.id && r.Descends(h.of) && r.Covers(h.from, h.to)
}

// conflicts reports whether a descendant of a region, here, covers some memory.
func (m *Monitor) conflicts(id uint64, of caps.Region, from, to uint64) bool {
	for _, o := range m.objects {
		if o.id != id && o.Descends(of) && o.Covers(from, to) {
			return true
		}
	}
	return false
}

// check begins a retype, or a create, of an object.
func (m *Monitor) check(o *object) {
	t := o.task
	m.lastCheck++
	n := m.lastCheck
	if m.conflicts(o.id, o.Region, t.a, t.b) {
		m.end(o, kernel.StatusMismatch, 0)
		return
	}
	if !o.remote {
		m.end(o, kernel.StatusOK, objectID(m.node, n, 0))
		return
	}
	m.checks[n] = &check{object: o}
	m.holds = append(m.holds, hold{owner: m.node, check: n, id: o.id, of: o.Region, from: t.a, to: t.b, asked: true})
	t.waiting = m.others()
	oldest := n
	for open := range m.checks {
		oldest = min(oldest, open)
	}
	age := min(n-oldest, caps.Page-1)
	m.tellAll(t.waiting, codeQuery, o.id, n, o.Base, sizeWord(o.Region), t.a, t.b|age)
}

// queried answers whether there is a descendant here.
func (m *Monitor) queried(from int, w *[6]uint64) {
	h := hold{owner: from, check: w[1], id: w[0], of: region(w[2], w[3]), from: w[4], to: w[5] &^ (caps.Page - 1)}
	oldest := h.check - w[5]%caps.Page // those before are over
	m.release(func(old *hold) bool { return old.owner == from && old.check < oldest })
	if m.conflicts(h.id, h.of, h.from, h.to) {
		m.tell(from, codeAnswer, h.check, 1)
		return
	}
	m.holds = append(m.holds, h)
	m.tell(from, codeAnswer, h.check, 0)
}

// answered takes a kernel's answer to a check.
func (m *Monitor) answered(from int, n uint64, conflict bool) error {
	c := m.checks[n]
	if c == nil || c.object.task == nil || c.object.task.waiting>>from&1 == 0 {
		return fmt.Errorf("%w: check %d does not wait for it", ErrBadMessage, n)
	}
	c.conflict = c.conflict || conflict
	if c.object.task.waiting &^= 1 << from; c.object.task.waiting != 0 {
		return nil
	}
	delete(m.checks, n)
	m.release(func(h *hold) bool { return h.owner == m.node && h.check == n })
	s, made := kernel.StatusOK, objectID(m.node, n, 0)
	if c.conflict {
		s, made = kernel.StatusMismatch, 0
	}
	// Who asked hears it after the caller, if they are one kernel: then what was made
	// is there before what waited comes.
	m.end(c.object, s, made)
	for _, asker := range c.askers {
		m.tell(asker, codeOver, n)
	}
	return nil
}

// isOver answers whether a check is over, when it is.
func (m *Monitor) isOver(from int, n uint64) {
	if c := m.checks[n]; c != nil {
		c.askers = append(c.askers, from)
		return
	}
	m.tell(from, codeOver, n)
}

func (m *Monitor) over(from int, n uint64) {
	m.release(func(h *hold) bool { return h.owner == from && h.check == n })
}

// release forgets checks that are over.
func (m *Monitor) release(isOver func(*hold) bool) {
	kept := m.holds[:0]
	for i := range m.holds {
		if !isOver(&m.holds[i]) {
			kept = append(kept, m.holds[i])
		}
	}
	m.stirred = m.stirred || len(kept) < len(m.holds)
	m.holds = kept
}
