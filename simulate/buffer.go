//go:build !nrkern_nohook

package simulate

import "github.com/nrkern/nrkern/transport"

// pending is a store that has not left its core's store buffer: a word, or the
// payload of a slot as one line. Buffers drain in order (x86-TSO: Owens,
// Sarkar, Sewell, TPHOLs 2009).
type pending struct {
	place     *place
	value     uint64
	isPayload bool
	payload   transport.Payload
	released  stamp
	event     uint64 // by which it was issued
}

// commit is a change of memory, for those who watch a place.
type commit struct {
	core      *core // nil before the machine runs
	place     *place
	isPayload bool
	before    uint64
	after     uint64
	exchange  bool // a successful CAS or a swap
}

// issue puts a store in the core's buffer, or, on a machine without buffers,
// in memory.
func (m *Machine) issue(c *core, e *pending) {
	if m.ordered {
		e.released = c.clock
		c.clock[c.id]++
	}
	if m.hashed {
		c.trail = mixed(c.trail, 9, uint64(len(c.buffer)))
		e.event = c.trail
	}
	if !m.buffered {
		m.apply(c, e)
		return
	}
	c.buffer = append(c.buffer, *e)
}

// drain lets the oldest n stores of a core leave its buffer, at a place of an explorer's
// path, or at none, which is -1.
func (m *Machine) drain(c *core, n int, at int32) {
	for i := range n {
		if m.hashed {
			c.gone = append(c.gone, departure{at, int32(i), c.turn})
		}
		m.apply(c, &c.buffer[i])
		if m.tracing {
			m.trace(c, "  drains", c.buffer[i].place, c.buffer[i].describe())
		}
	}
	c.buffer = c.buffer[:copy(c.buffer, c.buffer[n:])]
}

// drainAll lets all stores of a core leave its buffer.
func (m *Machine) drainAll(c *core, at int32) {
	if len(c.buffer) > 0 {
		m.drain(c, len(c.buffer), at)
	}
}

// drainOwn is drainAll by the core itself: what a locked instruction does.
func (m *Machine) drainOwn(c *core) {
	at := int32(-1)
	if m.hashed {
		at = c.points[len(c.points)-1].at
	}
	m.drainAll(c, at)
}

// apply makes a store visible.
func (m *Machine) apply(c *core, e *pending) {
	p := e.place
	m.reach(c, p, true)
	if m.hashed {
		c.drained(e, &p.subject)
		if p.watched != nil {
			c.drained(e, p.watched)
		}
	}
	if e.isPayload {
		*p.payload = e.payload
		if p.watch != nil {
			p.watch(commit{core: c, place: p, isPayload: true, before: *p.word, after: *p.word})
		}
		return
	}
	m.write(c, p, e.value, &e.released, false)
}

// write changes a word, tells who watches it and wakes who waits for it.
func (m *Machine) write(c *core, p *place, v uint64, released *stamp, exchange bool) {
	before := *p.word
	*p.word = v
	if m.ordered {
		p.released = *released
	}
	if p.watch != nil {
		p.watch(commit{core: c, place: p, before: before, after: v, exchange: exchange})
	}
	if before == v || len(p.waiters) == 0 {
		return
	}
	asleep := p.waiters[:0]
	for _, w := range p.waiters {
		if w.state == sleeping && w.low == uint32(v) {
			asleep = append(asleep, w)
			continue
		}
		w.state, w.waitOn = ready, nil
		if m.hashed {
			w.trail = mixed(w.trail, p.wrote, 10)
		}
		w.time = max(w.time, c.time) + 1
		if m.counted != nil {
			m.woken(w)
		}
	}
	p.waiters = asleep
}

// view returns a word as a core sees it: its own latest store to it if that is
// still in its buffer.
func (m *Machine) view(c *core, p *place) (v uint64, own bool) {
	for i := len(c.buffer) - 1; i >= 0; i-- {
		if e := &c.buffer[i]; e.place == p && !e.isPayload {
			return e.value, true
		}
	}
	return *p.word, false
}

// settle turns what the core has written to its drafts since its last access
// into stores.
func (m *Machine) settle(c *core) {
	for _, d := range c.drafts {
		if d.unstored || d.content != d.settled {
			d.unstored, d.settled = false, d.content
			c.about = accessFill
			if m.ordered {
				m.orderWrite(c, &d.place.payloads, d.place, "payload of ")
			}
			m.issue(c, &pending{place: d.place, isPayload: true, payload: d.content})
		}
	}
}
