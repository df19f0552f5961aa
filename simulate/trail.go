//go:build !nrkern_nohook

package simulate

// An exploration that comes to a state where it was before goes no further: what
// can follow was tried there. Two runs are in the same state if they have done the
// same with the accesses that conflict in the same order (Mazurkiewicz 1977), for
// then every core has seen the same. So a state is known by a hash of that partial
// order (Musuvathi, Qadeer, "Partial-order reduction for context-bounded state
// exploration", MSR-TR-2007-12): each event's hash is of its core's event before,
// and of those of the place that it conflicts with. The events of a core are its
// accesses; its stores leave the buffer by events of a chain of their own.
//
// What is watched over several places is one thing more that events conflict about:
// see subject.

// subject is what events conflict about: two writes of it, or a read and a write,
// but not two reads.
type subject struct {
	wrote uint64 // hash of the last write
	read  uint64 // sum of those of the reads since
	// For races: the last write, and each core's last read since.
	writer  deed
	readers []deed
}

// mixed returns a hash of several.
func mixed(a, b, c uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 ^ (b+0x632be59bd9b4e019)*0xff51afd7ed558ccd ^ (c+0x2545f4914f6cdd1d)*0xc4ceb9fe1a85ec53
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 29
	x *= 0x94d049bb133111eb
	return x ^ x>>32
}

// step is an event of a core: with what it does, and what it conflicts about. A
// payload that was read may be looked at again, in place, as long as the core makes
// no access: what became of it is part of the next.
func (c *core) step(what access) {
	for _, p := range c.held {
		c.trail = mixed(c.trail, p.wrote, 1)
		c.raced(&p.subject, false)
	}
	c.trail = mixed(c.trail, uint64(what)+1, uint64(c.id))
}

// sees is the part of an event that reads a subject.
func (c *core) sees(s *subject) {
	c.raced(s, false)
	c.trail = mixed(c.trail, s.wrote, 2)
	s.read += mixed(c.trail, 3, 0)
}

// changes is the part of an event that writes it.
func (c *core) changes(s *subject) {
	c.raced(s, true)
	c.trail = mixed(c.trail, s.wrote, s.read)
	s.wrote, s.read = c.trail, 0
}

// drained is the event that a store leaves the buffer.
func (c *core) drained(e *pending, s *subject) {
	s.races(c, c.leaves(e), &e.released, true)
	c.drains = mixed(mixed(c.drains, e.event, 4), s.wrote, s.read)
	s.wrote, s.read = c.drains, 0
}

// barrier is an event that conflicts with all: a death, the end of naps.
func (m *Machine) barrier(what uint64) {
	if !m.hashed {
		return
	}
	all := m.state()
	for _, c := range m.cores {
		c.trail = mixed(c.trail, all, what)
	}
}

// state is the hash of all that has happened.
func (m *Machine) state() (sum uint64) {
	for _, c := range m.cores {
		sum += mixed(c.trail, c.drains, uint64(c.id)+1)
	}
	return sum
}

// conflict adds to the running core's event that it conflicts about something that
// is watched.
func (m *Machine) conflict(s *subject, write bool) {
	c := m.running
	if !m.hashed || c == nil || s == nil {
		return
	}
	switch {
	case write:
		c.changes(s)
	default:
		c.sees(s)
	}
}

// history is what the order of the clients' calls and answers is: a call conflicts
// with an answer, and no call with a call, for that is all that a judge looks at.
type history struct {
	calls, answers   uint64
	called, answered []deed // each core's last
}

func (c *core) called(h *history) {
	h.called = c.follows(h.called, h.answered)
	c.trail = mixed(c.trail, h.answers, 5)
	h.calls += mixed(c.trail, 6, 0)
	c.machine.explorer.witnessed(c)
}

func (c *core) answered(h *history) {
	h.answered = c.follows(h.answered, h.called)
	c.trail = mixed(c.trail, h.calls, 7)
	h.answers += mixed(c.trail, 8, 0)
	c.machine.explorer.witnessed(c)
}

// maxHeld is how many payloads a core may look at, of those it read last.
const maxHeld = 4

func (c *core) hold(p *place) {
	if len(c.held) == maxHeld {
		c.held = c.held[:copy(c.held, c.held[1:])]
	}
	c.held = append(c.held, p)
}
