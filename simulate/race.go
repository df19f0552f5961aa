//go:build !nrkern_nohook

package simulate

import "slices"

// What an exploration leaves out comes to the same as something that it tries: what
// conflicts is in the same order (see trail.go), and it took as many preemptions or fewer.
//
// It has others take a core's place before an access only if it has seen a race: an access
// of another core, later, that conflicts with this one and is not ordered after it by a
// word that was stored and loaded between them (dynamic partial-order reduction: Flanagan,
// Godefroid, POPL 2005; with bounded preemptions: Coons, Musuvathi, McKinley, OOPSLA 2013).
// Without one, whatever the others do in the core's place they can do after the access too,
// for as many preemptions. For if any of that conflicted with the access, then the first of
// it would be the other side of a race in a schedule that has the access first and leaves
// the core then, which is tried, or comes to the same as one that is.
//
// Who takes its place, or goes on where a core must wait, is first one, then whoever is on
// the other side of a race with what the core that was chosen does, in its whole turn: if
// nothing in the turn conflicts with what others would do before it, the turn can come first,
// for as many preemptions. A turn that was cut short by a preemption goes on, for this, when
// its core does. As long as kernels may die all are tried, for a death may end any turn.
//
// So with stores: where a core is preempted, or must wait, all that it has in its buffer
// leave it first; and as many stay behind as races with them ask for.
//
// And deaths: one where a core must wait, of any kernel. Before an access the kernel dies of
// the core that makes it, if others race with what it shows (a locked instruction, stores
// that leave the buffer), or if a client sees its call begin or end by it. Before others it
// comes to the same. Other kernels die there if a watcher of several places saw a difference.
//
// What can follow a state is the same whenever it is reached, so a schedule ends where
// another was, with as much left. With what it did before, what the other did later may race:
// a state remembers with which events of its past there were races (Yang, Chen,
// Gopalakrishnan, Kirby, "Efficient stateful dynamic partial order reduction", SPIN 2008,
// remember all that follows).
//
// A failure ends a schedule. What would have raced after it stays unknown, so where there
// are failures one is found, but not every one.

// spot is a state that an exploration was in, where a core had to wait.
type spot struct {
	left  budget
	races []mark // of events before it with events after it, in order
}

// budget is what may still happen.
type budget struct{ preemptions, deaths int8 }

// mark is an event that another core raced with later, and which. The event is what a
// core does from one point where it may be preempted to the next, or that a store
// leaves its buffer. It has a number among those of its core, and so is the same on all
// paths to a state. A mark of a turn is of the one that its core has not ended where it
// was preempted last.
type mark uint32

const (
	markNumber = 1<<20 - 1
	markDrain  = 1 << 20
	markTurn   = 1 << 21
	markCore   = 22 // the core's bits begin here
	markBy     = 27 // those of who raced with it

	anybody = 31
	deathOf = maxOrdered // and of the next nodes
)

func (k mark) core() int { return int(k >> markCore & 31) }
func (k mark) by() int   { return int(k >> markBy) }

// deed is what is remembered of an event for races.
type deed struct {
	mark  mark
	core  int16
	epoch uint32 // by which the core's clock says who is after it
}

// point is where a core could be preempted: the place in the path, and the turn in which
// the access is made. Where a turn begins it is the place -1.
type point struct{ at, turn int32 }

// departure is where a store left its core's buffer, how many had before it, and the
// core's turn.
type departure struct{ at, kept, turn int32 }

// turnTaken is a core's turn: where in the path it was chosen, and, if it had been
// preempted, the turn that it goes on with, or -1.
type turnTaken struct{ at, before int32 }

// begins is told that a core was chosen: its turn begins, or goes on.
func (d *explorer) begins(c *core, at int) {
	t := turnTaken{at: int32(at), before: -1}
	now := int32(len(d.turns))
	if c.cut {
		c.cut, t.before = false, c.turn
		c.points[len(c.points)-1].turn = now // the access that it was about to make
	} else {
		c.points = append(c.points, point{-1, now}) // it does something before the next
	}
	c.turn = now
	d.turns = append(d.turns, t)
}

// listReduced lists the ways to go on that are tried in any case, and says in b what
// it takes to add others. It reports false if all was tried from here.
func (d *explorer) listReduced(m *Machine, c *core, b *branch) bool {
	for i, other := range m.cores {
		if other != c && other.runnable() {
			b.others |= 1 << i
		}
	}
	if c != nil {
		b.node = int8(c.node)
	}
	switch {
	case c != nil && c.runnable():
		b.core, b.buffered = int32(c.id), int32(len(c.buffer))
		b.shown = c.about == accessSwap || c.about == accessCompareAndSwap || c.about == accessFence
		d.add(leaving(c.id, 0, action{kind: actRun, who: c.id}, false))
	case c != nil && c.state != dead && len(c.buffer) > 0:
		b.core, b.buffered = int32(c.id), int32(len(c.buffer))
		b.shown = true
		d.add(option{actions: [2]action{{kind: actDrain, who: c.id, count: len(c.buffer)}}, n: 1})
		if d.deaths > 0 && (c.state == ended || b.others == 0) { // it may be too late then
			d.add(leaving(c.id, len(c.buffer), action{kind: actKill, who: c.node}, false))
		}
	default:
		if b.spot = d.reach(m); b.spot == nil {
			return false
		}
		d.spots = append(d.spots, int32(len(d.path)))
		d.anyone(m)
		if d.deaths == 0 {
			d.options = d.options[:1]
			b.chosen = 1 << d.options[0].actions[0].who
		} else {
			b.chosen = b.others
		}
		d.kills(m, c)
	}
	return true
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

// race is told of an event that something later races with, by whom: that one is to
// take the core's place before the event, and where the turn of the event began. And it
// is remembered in the spots between.
func (d *explorer) race(k mark) {
	c := d.machine.cores[k.core()]
	i := int(k & markNumber)
	at, stores, turn := int32(-1), int32(0), int32(-1)
	until := at // where the event is after its turn's beginning
	switch {
	case k&markTurn != 0:
		if !c.cut {
			return
		}
		turn = c.turn
	case k&markDrain != 0 && i < len(c.gone):
		at, stores, turn = c.gone[i].at, c.gone[i].kept, c.gone[i].turn
	case k&markDrain == 0 && i < len(c.points):
		if at, turn = c.points[i].at, c.points[i].turn; at >= 0 {
			stores = d.path[at].buffered
		}
	default:
		return // a spot may remember what comes after it: nothing that races with its past
	}
	if until = at; at < 0 {
		until = int32(len(d.path))
	}
	if k&markTurn == 0 {
		d.remember(k, at, int32(len(d.path)))
	}
	if at >= 0 {
		d.path[at].preempt(stores, k.by())
	}
	first := until
	for ; turn >= 0; turn = d.turns[turn].before {
		first = d.turns[turn].at
		d.path[first].choose(k.by())
	}
	d.remember(markTurn|mark(c.id)<<markCore|k&(anybody<<markBy), first, until)
}

// remember adds a mark to the spots of the path after a place, up to another.
func (d *explorer) remember(k mark, after, until int32) {
	for n := len(d.spots) - 1; n >= 0 && d.spots[n] > after; n-- {
		if d.spots[n] > until {
			continue
		}
		s := d.path[d.spots[n]].spot
		if place, known := slices.BinarySearch(s.races, k); !known {
			s.races = slices.Insert(s.races, place, k)
		}
	}
}

// preempt adds that others take the core's place when so many of its stores have left
// the buffer: the one, or all if it cannot.
func (b *branch) preempt(stores int32, by int) {
	if b.left.deaths > 0 {
		if b.shown {
			b.add(leaving(int(b.core), int(stores), action{kind: actKill, who: int(b.node)}, false))
		}
		if by >= deathOf && by < anybody {
			b.add(option{actions: [2]action{{kind: actKill, who: by - deathOf}}, n: 1, kills: true})
		}
	}
	if b.left.preemptions == 0 || b.others == 0 {
		return
	}
	if !slices.Contains(b.kept, stores) {
		b.kept = append(b.kept, stores)
	}
	b.choose(by)
}

// witnessed is told that a client sees what its core does now: a call begins or ends. So
// it matters whether the core dies before.
func (d *explorer) witnessed(c *core) {
	p := c.points[len(c.points)-1]
	if p.at < 0 || d.at < len(d.path) {
		return
	}
	if b := &d.path[p.at]; b.left.deaths > 0 {
		b.shown = true
		for _, stores := range append(b.kept, b.buffered) {
			b.add(leaving(int(b.core), int(stores), action{kind: actKill, who: int(b.node)}, false))
		}
	}
}

// choose adds that others take the core's place, or go on where it cannot: the one, or
// all if it cannot.
func (b *branch) choose(by int) {
	switch {
	case by == int(b.core):
	case b.left.deaths == 0 && by < maxOrdered && b.others>>by&1 != 0:
		b.chosen |= 1 << by
	default: // which of its turns a death ends is open
		b.chosen = b.others
	}
	for id := range maxOrdered {
		if b.chosen>>id&1 == 0 {
			continue
		}
		run := action{kind: actRun, who: id}
		if b.core < 0 {
			b.add(option{actions: [2]action{run}, n: 1})
			continue
		}
		for _, stores := range b.kept {
			b.add(leaving(int(b.core), int(stores), run, true))
		}
	}
}

// add adds an option that is not there. The first is that the core goes on.
func (b *branch) add(o option) {
	if b.options == nil {
		b.options = append(b.options, leaving(int(b.core), 0, action{kind: actRun, who: int(b.core)}, false))
	}
	if !slices.Contains(b.options, o) {
		b.options = append(b.options, o)
	}
}

// deed returns what the core does now, to be remembered.
func (c *core) deed() deed {
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
	if e.epoch == 0 || e.core == core {
		return // there was none, or it is its own
	}
	if m := d.machine; clock[e.core] >= e.epoch && !m.isDead(m.cores[e.core].node) {
		return // it is ordered before; who died has died after all that it did
	}
	if d.at == len(d.path) { // else another schedule has seen it
		d.race(e.mark | mark(core)<<markBy)
	}
}

// death is told that the death of a node conflicts about something that is watched.
func (m *Machine) death(node int, s *subject) {
	if !m.hashed {
		return
	}
	for _, e := range append(s.readers, s.writer) {
		if d := m.explorer; e.epoch != 0 && d.at == len(d.path) {
			d.race(e.mark | mark(deathOf+node)<<markBy)
		}
	}
}
