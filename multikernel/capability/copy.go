package capability

import (
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// insertion is a copy that came and may have to wait.
type insertion struct {
	from   int // the owner
	id     uint64
	slot   int
	region caps.Region
}

// copyTo begins a copy of an object that is owned here.
func (m *Monitor) copyTo(o *object) {
	t := o.task
	t.to = int(t.a)
	if t.to != m.node {
		// From now on operations on it, and on what it was made of, concern others.
		o.remote = true
		for _, of := range m.objects {
			if o.Descends(of.Region) {
				of.remote = true
			}
		}
	}
	m.tell(t.to, codeInsert, o.id, t.b, o.Base, sizeWord(o.Region))
}

// settleInserts takes the copies that came, and that need not wait.
func (m *Monitor) settleInserts() {
	waiting := m.inserts
	m.inserts = nil
	for _, in := range waiting {
		s, ok := m.insert(in)
		if !ok {
			m.inserts = append(m.inserts, in)
			continue
		}
		m.tell(in.from, codeInserted, in.id, uint64(s))
	}
}

// insert takes a copy, or says why not, or false if that cannot be said yet.
func (m *Monitor) insert(in insertion) (kernel.Status, bool) {
	if c := m.slot(in.slot); c != nil {
		switch {
		case !m.covered(c.object.id, c.object.Region):
			return kernel.StatusExists, true
		case m.covered(in.id, in.region):
			return refused, true // it is to go as well: its owner must not wait for that
		}
		return 0, false // the slot may be empty soon
	}
	owner, made := madeBy(in.id)
	m.release(func(h *hold) bool { return h.owner == owner && h.check == made && h.keeps(in.id, in.region) })
	free := true
	for i := range m.holds {
		h := &m.holds[i]
		if !h.keeps(in.id, in.region) {
			continue
		}
		if free = false; !h.asked {
			h.asked = true
			m.tell(h.owner, codeIsOver, h.check)
		}
	}
	if !free {
		return 0, false
	}
	o := m.objects[in.id]
	if o == nil {
		o = &object{id: in.id, Region: in.region, owner: in.from, remote: true}
	}
	m.put(in.slot, o)
	return kernel.StatusOK, true
}

// inserted ends a copy.
func (m *Monitor) inserted(from int, id uint64, s kernel.Status) error {
	o, err := m.atTask(id, from, caps.CodeCopy)
	if err != nil {
		return err
	}
	if s == kernel.StatusOK {
		o.holders |= 1 << from
	}
	m.end(o, s, 0)
	return nil
}
