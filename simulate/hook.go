//go:build !nrkern_nohook

package simulate

import "github.com/nrkern/nrkern/transport"

var _ transport.Hook = (*Machine)(nil)

// Load is a load by the running core.
func (m *Machine) Load(w *transport.Word) uint64 {
	if m.running == nil {
		return *m.setUp(w).word
	}
	c := m.running
	p := m.memory.at(w, c.node)
	m.point(c, p, accessLoad)
	v, own := m.view(c, p)
	if m.hashed && !own {
		c.sees(&p.subject)
	}
	if !own {
		if m.ordered {
			c.clock.join(&p.released)
		}
		m.reach(c, p, false)
		if p.watchLoad {
			m.loads(c, p, v)
		}
	}
	if m.tracing {
		m.trace(c, "load", p, decimal(v)+ifTrue(own, " (own store)"))
	}
	return v
}

// Store is a store: it enters the running core's store buffer.
func (m *Machine) Store(w *transport.Word, v uint64) {
	if m.running == nil {
		m.setUpStore(w, v)
		return
	}
	c := m.running
	p := m.memory.at(w, c.node)
	c.value = v
	m.point(c, p, accessStore)
	if m.tracing {
		m.trace(c, "store", p, decimal(v))
	}
	m.issue(c, &pending{place: p, value: v})
}

// Swap is an XCHG: it drains the store buffer.
func (m *Machine) Swap(w *transport.Word, v uint64) uint64 {
	if m.running == nil {
		old := *m.setUp(w).word
		m.setUpStore(w, v)
		return old
	}
	c := m.running
	p := m.memory.at(w, c.node)
	m.point(c, p, accessSwap)
	m.drainOwn(c)
	old := *p.word
	m.exchange(c, p, v)
	if m.tracing {
		m.trace(c, "swap", p, decimal(old)+" > "+decimal(v))
	}
	return old
}

// CompareAndSwap is a LOCK CMPXCHG: it drains the store buffer, also if it
// fails.
func (m *Machine) CompareAndSwap(w *transport.Word, old, v uint64) bool {
	if m.running == nil {
		if *m.setUp(w).word != old {
			return false
		}
		m.setUpStore(w, v)
		return true
	}
	c := m.running
	p := m.memory.at(w, c.node)
	m.point(c, p, accessCompareAndSwap)
	m.drainOwn(c)
	found := *p.word
	if found == old {
		m.exchange(c, p, v)
	} else {
		if m.hashed {
			c.trail = mixed(c.trail, c.drains, 11)
			c.sees(&p.subject)
		}
		if m.ordered {
			c.clock.join(&p.released)
		}
		m.reach(c, p, true) // the line is taken to write, whatever it holds
	}
	if m.tracing {
		m.trace(c, "cas", p, decimal(old)+" > "+decimal(v)+ifTrue(found != old, ", but it is "+decimal(found)))
	}
	return found == old
}

// FenceHeavy is membarrier(2): it interrupts the cores of the process, one after
// another, and each drains its store buffer. A core that stores after its turn may
// keep that in its buffer while others have theirs.
func (m *Machine) FenceHeavy() {
	if m.running == nil {
		return
	}
	c := m.running
	for _, other := range m.cores {
		if other.process != c.process && !m.oneProcess {
			continue
		}
		m.point(c, nil, accessFence)
		if m.tracing {
			m.trace(c, accessNames[accessFence], nil, "on "+other.name)
		}
		m.drainAll(other, -1)
		if m.hashed {
			c.trail = mixed(c.trail, other.drains, 13)
		}
	}
}

// exchange is the write of a locked instruction: an acquire and a release.
func (m *Machine) exchange(c *core, p *place, v uint64) {
	m.reach(c, p, true)
	if m.hashed {
		c.trail = mixed(c.trail, c.drains, 12)
		c.changes(&p.subject)
		if p.watched != nil {
			c.changes(p.watched)
		}
	}
	released := &c.clock
	if m.ordered {
		c.clock.join(&p.released)
	}
	m.write(c, p, v, released, true)
	if m.ordered {
		c.clock[c.id]++
	}
}

// Fill returns where the running core is to write the payload of a slot.
func (m *Machine) Fill(s *transport.Slot) *transport.Payload {
	if m.running == nil {
		return m.setUp(s.HeaderWord()).slot()
	}
	c := m.running
	p := m.memory.at(s.HeaderWord(), c.node)
	m.point(c, p, accessFill)
	if m.counted != nil {
		c.time += m.costs[servedHit]
		return p.slot() // payload and header leave the buffer as one line: Publish counts it
	}
	if m.tracing {
		m.trace(c, "fill", p, "")
	}
	for _, d := range c.drafts {
		if d.place == p {
			return &d.content
		}
	}
	d := new(draft)
	if n := len(c.scraps); n > 0 {
		d, c.scraps = c.scraps[n-1], c.scraps[:n-1]
	}
	if m.hashed {
		c.sees(&p.subject)
	}
	*d = draft{place: p, content: *m.payloadView(c, p), unstored: true}
	c.drafts = append(c.drafts, d)
	return &d.content
}

// Publish stores the header of a slot after its payload.
func (m *Machine) Publish(s *transport.Slot, header uint64) {
	if m.running == nil {
		m.setUpStore(s.HeaderWord(), header)
		return
	}
	c := m.running
	p := m.memory.at(s.HeaderWord(), c.node)
	m.point(c, p, accessPublish) // settles the draft
	for i, d := range c.drafts {
		if d.place == p {
			c.drafts = append(c.drafts[:i], c.drafts[i+1:]...)
			c.scraps = append(c.scraps, d)
			break
		}
	}
	if m.tracing {
		m.trace(c, "publish", p, decimal(header))
	}
	m.issue(c, &pending{place: p, value: header})
}

// Read returns the payload of a slot as the running core sees it. It is memory
// itself: a reader that uses it too long sees what others write there.
func (m *Machine) Read(s *transport.Slot) *transport.Payload {
	if m.running == nil {
		return m.setUp(s.HeaderWord()).slot()
	}
	c := m.running
	p := m.memory.at(s.HeaderWord(), c.node)
	m.point(c, p, accessRead)
	if m.ordered {
		m.orderRead(c, &p.payloads, p, "payload of ")
	}
	m.reach(c, p, false)
	if m.hashed {
		c.sees(&p.subject)
		c.hold(p)
	}
	if p.watchLoad {
		m.reads(c, p)
	}
	if m.tracing {
		m.trace(c, "read", p, "")
	}
	return m.payloadView(c, p)
}

// payloadView returns a payload as a core sees it.
func (m *Machine) payloadView(c *core, p *place) *transport.Payload {
	for i := len(c.buffer) - 1; i >= 0; i-- {
		if e := &c.buffer[i]; e.place == p && e.isPayload {
			forwarded := e.payload // the buffer moves as it drains
			return &forwarded
		}
	}
	return p.slot()
}

// Wait lets the running core rest until a word no longer holds seen.
func (m *Machine) Wait(w *transport.Word, seen uint64) { m.rest(w, seen, accessWait, waiting) }

// Sleep is Wait on the low half of a word.
func (m *Machine) Sleep(w *transport.Word, low uint32) { m.rest(w, uint64(low), accessWait, sleeping) }

// Nap is Wait that ends by itself, some time.
func (m *Machine) Nap(w *transport.Word, seen uint64) { m.rest(w, seen, accessNap, napping) }

func (m *Machine) rest(w *transport.Word, seen uint64, a access, s state) {
	if m.running == nil {
		m.fail(FailureDeadlock, "the machine is not running yet, and waits")
		panic(unwind{})
	}
	c := m.running
	p := m.memory.at(w, c.node)
	m.point(c, p, a)
	v, own := m.view(c, p)
	if !own {
		m.reach(c, p, false)
		if m.hashed {
			c.sees(&p.subject)
		}
	}
	if m.tracing {
		m.trace(c, accessNames[a], p, decimal(seen)+ifTrue(v != seen, ", but it is "+decimal(v)))
	}
	if v != seen && (s != sleeping || uint32(v) != uint32(seen)) {
		return
	}
	c.state, c.waitOn, c.low = s, p, uint32(seen)
	p.waiters = append(p.waiters, c)
	m.leave(c)
}

// Pause lets others run while the running core polls.
func (m *Machine) Pause() {
	if m.running == nil {
		return
	}
	m.point(m.running, nil, accessPause)
	if m.counted != nil {
		m.running.time = max(m.running.time+1, m.until)
	}
}

// Touch is an access to memory that words are to protect: state of a service,
// results. It is a step of its own, and reported if no word orders it.
func (m *Machine) Touch(o *object, write bool) {
	c := m.running
	if c == nil {
		return
	}
	m.point(c, nil, accessTouch)
	if m.tracing {
		m.trace(c, ifTrue(write, "changes ")+ifTrue(!write, "looks at "), nil, o.name)
	}
	if m.hashed && write {
		c.changes(&o.subject)
	} else if m.hashed {
		c.sees(&o.subject)
	}
	if !m.ordered {
		return
	}
	if write {
		m.orderWrite(c, &o.accesses, nil, o.name)
		c.clock[c.id]++
	} else {
		m.orderRead(c, &o.accesses, nil, o.name)
	}
}

// object is memory that words protect.
type object struct {
	name string
	accesses
	subject
}
