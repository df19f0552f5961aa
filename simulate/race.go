//go:build !nrkern_nohook

package simulate

import "slices"

// An exploration has others take a core's place before an access only if it has seen
// that this can matter: a race, an access of another core, later, that conflicts with
// this one and is not ordered after it by words that were stored and loaded between
// them (dynamic partial-order reduction: Flanagan, Godefroid, POPL 2005; with bounded
// preemptions: Coons, Musuvathi, McKinley, OOPSLA 2013). Where there is none, whatever
// the others would do in the core's place they can do after the access too, with as
// many preemptions: until the core goes on nothing they do conflicts with it. If
// something did, the first of it would be the other side of a race in a schedule that
// has the access first, which is one of those that are tried, or comes to the same.
// Then all others take the core's place in turn: which of them, the bound may not leave
// open (Coons et al. add theirs where the turn began; here, too, all are tried where a
// core must wait, which costs no preemption).
//
// So with stores: at a preemption all that the core has in its buffer leave it, and at a
// core's end of its turn; and as many stay behind as races with them ask for.
//
// Deaths come before the accesses at which others see what a core has done (a locked
// instruction, a fence, the end of a turn): before any other they come to the same.
//
// What is tried after a state is the same whenever it is reached (see trail.go), so a
// schedule ends where another was. With what it did before, the other may have raced
// later: each such state remembers with which (as summaries do in stateful reduction:
// Yang, Chen, Gopalakrishnan, Kirby, SPIN 2008).

// spot is a state that an exploration was in, where any core may be the next.
type spot struct {
	left  budget
	races []mark // events before it that raced with events after it, in order
}

// budget is what may still happen.
type budget struct{ preemptions, deaths int8 }

// mark is an event that another may race with: the accesses of a core from one
// point where it may be preempted to the next, or a store that leaves the buffer. It
// says which, of those of the core, and so is the same on all paths to a state.
type mark uint32

const (
	markDrain = 1 << 20 // a store
	markCore  = 21      // the core's bits begin here
)

// deed is what is remembered of an access for races.
type deed struct {
	mark  mark
	core  int16
	epoch uint32 // by which the core's clock says who is after it
}

// departure is where a store left its core's buffer, and how many had before it.
type departure struct {
	at   int32 // in the path, or -1
	kept int32
}

// listReduced lists the ways to go on that are tried in any case, and says in b what
// it takes to add preemptions. It reports false if all was tried from here.
func (d *explorer) listReduced(m *Machine, c *core, b *branch) bool {
	switch {
	case c != nil && c.runnable():
		b.core = int32(c.id)
		d.preemptible(m, c, b)
		d.add(leaving(c.id, 0, action{kind: actRun, who: c.id}, false))
		if c.about == accessSwap || c.about == accessCompareAndSwap || c.about == accessFence {
			d.kills(m, c)
		}
	case c != nil && c.state != dead && len(c.buffer) > 0:
		b.core = int32(c.id)
		d.preemptible(m, c, b)
		d.add(option{actions: [2]action{{kind: actDrain, who: c.id, count: len(c.buffer)}}, n: 1})
		d.kills(m, c)
	default:
		if b.spot = d.reach(m); b.spot == nil {
			return false
		}
		d.spots = append(d.spots, int32(len(d.path)))
		d.anyone(m)
		d.kills(m, c)
	}
	return true
}

// preemptible notes who could take a core's place.
func (d *explorer) preemptible(m *Machine, c *core, b *branch) {
	if d.preemptions == 0 {
		return
	}
	b.buffered = int32(len(c.buffer))
	for i, other := range m.cores {
		if other != c && other.runnable() {
			b.others |= 1 << i
		}
	}
}

// reach returns the spot for the state, or nil if an earlier schedule was there with as
// much left: then what it raced with, races with this one's past too.
func (d *explorer) reach(m *Machine) *spot {
	state, left := m.state(), budget{int8(d.preemptions), int8(d.deaths)}
	s := &spot{left: left}
	if been := d.been[state]; been != nil {
		if been.left.preemptions >= left.preemptions && been.left.deaths >= left.deaths {
			for _, k := range been.races {
				d.race(k)
			}
			return nil
		}
		if been.left.preemptions > left.preemptions || been.left.deaths > left.deaths {
			return s // neither says all: the one that is known stays
		}
	}
	d.been[state] = s
	return s
}

// race is told of an event that something later races with: it has others take the
// core's place before it, and is remembered where the path has been since.
func (d *explorer) race(k mark) {
	c := d.machine.cores[k>>markCore]
	i := int(k & (markDrain - 1))
	at, kept := int32(-1), int32(0)
	switch {
	case k&markDrain == 0 && i < len(c.points):
		at = c.points[i]
		kept = d.path[at].buffered
	case k&markDrain != 0 && i < len(c.gone):
		at, kept = c.gone[i].at, c.gone[i].kept
	default:
		return // a spot may remember what comes after it: nothing that races with its past
	}
	for n := len(d.spots) - 1; n >= 0 && d.spots[n] > at; n-- {
		s := d.path[d.spots[n]].spot
		if place, known := slices.BinarySearch(s.races, k); !known {
			s.races = slices.Insert(s.races, place, k)
		}
	}
	if at >= 0 {
		d.path[at].preempt(kept)
	}
}

// preempt adds that others take the core's place when so many of its stores have left
// the buffer.
func (b *branch) preempt(stores int32) {
	if b.left == 0 || b.others == 0 || slices.Contains(b.kept, stores) {
		return
	}
	b.kept = append(b.kept, stores)
	if b.options == nil {
		b.options = append(b.options, leaving(int(b.core), 0, action{kind: actRun, who: int(b.core)}, false))
	}
	for id := range 32 {
		if b.others>>id&1 != 0 {
			b.options = append(b.options, leaving(int(b.core), int(stores), action{kind: actRun, who: id}, true))
		}
	}
}

// deed returns what the core does now, to be remembered: nothing if it could not be
// preempted yet, for then any other may have been chosen in its place.
func (c *core) deed() deed {
	if len(c.points) == 0 {
		return deed{}
	}
	return deed{mark: mark(c.id)<<markCore | mark(len(c.points)-1), core: int16(c.id), epoch: c.clock[c.id]}
}

// leaves returns that the core's store has just left its buffer, to be remembered.
func (c *core) leaves(e *pending) deed {
	return deed{mark: mark(c.id)<<markCore | markDrain | mark(len(c.gone)-1), core: int16(c.id), epoch: e.released[c.id]}
}

// raced looks for races of what the core does now.
func (c *core) raced(s *subject, write bool) {
	s.races(c, c.deed(), &c.clock, write)
}

// races looks for races of what a core does with what was done to a subject, and
// remembers it. The clock says what is ordered before it.
func (s *subject) races(c *core, now deed, clock *stamp, write bool) {
	d := c.machine.explorer
	id := int16(c.id)
	d.after(&s.writer, id, clock)
	if !write {
		s.readers = latest(s.readers, now)
		return
	}
	for i := range s.readers {
		d.after(&s.readers[i], id, clock)
	}
	s.writer, s.readers = now, s.readers[:0]
}

// follows looks for races of what the core does now with all of before, and adds it to
// others of its kind, of which it returns each core's last.
func (c *core) follows(kind, before []deed) []deed {
	d := c.machine.explorer
	for i := range before {
		d.after(&before[i], int16(c.id), &c.clock)
	}
	return latest(kind, c.deed())
}

// latest replaces a core's deed by a later one.
func latest(of []deed, now deed) []deed {
	for i := range of {
		if of[i].core == now.core {
			of[i] = now
			return of
		}
	}
	return append(of, now)
}

// after is told that a core does what conflicts with an earlier deed.
func (d *explorer) after(e *deed, core int16, clock *stamp) {
	if e.epoch == 0 || e.core == core || clock[e.core] >= e.epoch {
		return // there was none, or it is its own, or ordered before
	}
	if d.at == len(d.path) { // else another schedule has seen it
		d.race(e.mark)
	}
}

// death is told that a death conflicts about something that is watched.
func (m *Machine) death(s *subject) {
	if !m.hashed {
		return
	}
	var nothing stamp
	m.explorer.after(&s.writer, -1, &nothing)
	for i := range s.readers {
		m.explorer.after(&s.readers[i], -1, &nothing)
	}
}
