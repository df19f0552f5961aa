package nrkernel

import (
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// log is one replica's hold on the shared log. Its fields are the combiner's.
type log struct {
	_     transport.Pad
	store *transport.LogStore
	// control and self are the words of store that all replicas write, and those
	// that this one writes.
	control *transport.LogControl
	self    *transport.LogReplica
	id      int
	// bells are what wakes the replicas: their own, or with several logs those of
	// their nodes.
	bells   []*transport.Bell
	several bool // logs: entries may be of operations over several

	applied uint64 // own ltail: next index to apply
	minimum uint64 // smallest ltail of all replicas when last looked
	lookAt  uint64 // look at the ltails again when the tail reaches this
	seen    []uint64
	joined  []uint64 // what the others had in Joined when last looked

	lastTail      uint64 // what this replica left in tail
	own           ownSlots
	tailMoved     bool   // others had moved it when this replica reserved its batch
	origin        uint8  // of the foreign entry that was applied last
	lastCompleted uint64 // what this replica left in, or found in, ctail

	events *Events
	phase  *transport.Word // nil unless somebody wants to know
	_      transport.Pad
}

// Events counts what a replica's log went through. A hand-over is a cache line
// that another node had touched last: observed from cursors and changed
// values, so it is a lower bound (polls and failed exchanges hide).
type Events struct {
	_       transport.Pad
	Batches transport.Counter // reservations
	Entries transport.Counter // operations appended here
	Slots   transport.Counter // slots appended here
	Reused  transport.Counter // own slots written over, which others had read: a hand-over each
	// Slots replayed that another replica wrote, by that replica: a hand-over
	// each. Of those, the ones that hold data are counted in Parts too.
	Foreign, Parts [256]transport.Counter
	// Tail, ctail and ltail words found changed by others, by the replica that
	// changed them, if that can be told: a hand-over each.
	Control [256]transport.Counter
	LogFull transport.Counter // times a combiner found the log full
	Holes   transport.Counter // times a replay met a reserved, unpublished slot
	Rings   transport.Counter // laggards woken
	_       transport.Pad
}

func newLog(store *transport.LogStore, id int) *log {
	l := &log{
		store: store, control: store.Control, self: store.Replicas[id], id: id, events: new(Events),
		applied: store.Replicas[id].Applied.Load(),
		seen:    make([]uint64, len(store.Replicas)),
		joined:  make([]uint64, len(store.Replicas)),
		own:     newOwnSlots(uint64(len(store.Slots))),
	}
	for _, r := range store.Replicas {
		l.bells = append(l.bells, &r.Bell)
	}
	l.look(store.Control.Tail.Load())
	return l
}

func (l *log) capacity() uint64 { return uint64(len(l.store.Slots)) }

// maxBatch is the largest number of slots of one reservation: small enough
// that a small log still holds a few batches.
func (l *log) maxBatch() uint64 { return max(l.capacity()/4, kernel.MaxPayloads) }

// reserve takes n slots at the end of the log and returns the first index. It
// fails when the log is full, that is when some replica has yet to apply what
// the slots hold now.
func (l *log) reserve(n uint64) (start uint64, ok bool) {
	l.in(PhaseAppend)
	own, word := l.self, &l.control.Tail
	// What others may have had last is asked for before it is needed: tail, which
	// is read and then exchanged, and what they appended.
	if len(l.seen) > 1 {
		word.Claim()
		l.store.At(l.applied).Prefetch()
	}
	for {
		tail := word.Load()
		if tail+n > l.lookAt {
			l.look(tail)
			room := l.capacity()
			if mutant.ReclaimEarly {
				room++
			}
			if tail+n-l.minimum > room {
				return 0, false
			}
		}
		// Filling is a lower bound of what the exchange below may give us, and
		// the exchange makes it visible first: a recovery that finds it clear
		// after it sampled tail knows that nothing below is ours to fill.
		if !mutant.FillingLate {
			own.Filling.Store(tail + 1)
		}
		if word.CompareAndSwap(tail, tail+n) {
			if mutant.FillingLate {
				own.Filling.Store(tail + 1)
			}
			// The exchange has made filling visible: whoever passes this replica over
			// either sees it, or is seen here.
			if l.away() {
				l.void(tail, n)
				own.Filling.Store(0)
				return 0, false
			}
			if assert.On {
				l.assertReserved(tail, n)
			}
			l.tailMoved = tail != l.lastTail
			l.lastTail = tail + n
			l.events.Batches.Add(1)
			l.events.Slots.Add(n)
			if len(l.seen) > 1 {
				l.fetch(tail, n)
				l.events.Reused.Add(l.own.reuse(tail, n, l.capacity()))
			}
			return tail, true
		}
		own.Filling.Store(0)
	}
}

// claimAhead is how many slots before it writes one a combiner asks for the line,
// which a replica elsewhere has read since: the exchange of tail in between would
// wait for it, one miss after the other.
const claimAhead = 8

// fetch asks for the lines that come next: the slots of the reservation of n slots,
// those before it, and those after it, if this replica is the one that reserves.
// Where others write too, the slots after it may be theirs.
func (l *log) fetch(tail, n uint64) {
	l.store.Claim(tail, tail+n)
	l.store.Prefetch(l.applied+1, tail)
	if !l.tailMoved {
		l.store.Claim(tail+claimAhead, tail+claimAhead+min(n, claimAhead))
	}
}

// filled says that every slot reserved is published.
func (l *log) filled() { l.self.Filling.Store(0) }

// look reads all ltails, wakes the replicas that hold up more than half of the
// log, and sets when to look again: half-way to the end of what is free.
func (l *log) look(tail uint64) {
	most := l.farthest(tail)
	for !l.sameMembers() {
		most = l.farthest(tail)
	}
	l.minimum = tail - most
	if mutant.StaleMinimum {
		l.lookAt = tail + l.capacity()
		return
	}
	l.lookAt = tail + (l.capacity()-min(most, l.capacity()))/2
}

// farthest returns how far the replica that is the farthest behind a tail is, and
// wakes those that hold up more than half of the log.
func (l *log) farthest(tail uint64) (most uint64) {
	for id, r := range l.store.Replicas {
		l.joined[id] = r.Joined.Load()
		if !isMember(l.joined[id]) {
			continue
		}
		ltail := r.Applied.Load()
		if ltail != l.seen[id] && id != l.id {
			l.seen[id] = ltail
			l.events.Control[uint8(id)].Add(1)
		}
		lag := behind(tail, ltail)
		if id != l.id && lag > l.capacity()/2 && l.bells[id].Ring() {
			l.events.Rings.Add(1)
		}
		most = max(most, lag)
	}
	return most
}

// sameMembers reports whether all are in that were when the ltails were read. One
// that was admitted meanwhile may be behind all of them: its ltail was that of a
// replica that has moved on before it was looked at.
func (l *log) sameMembers() bool {
	for id, r := range l.store.Replicas {
		if r.Joined.Load() != l.joined[id] {
			return false
		}
	}
	return true
}

// behind returns how far an ltail is behind a tail that was sampled before it,
// and may therefore be the smaller.
func behind(tail, ltail uint64) uint64 { return uint64(max(int64(tail-ltail), 0)) }

// laggard returns the replica that holds the log up the most, its ltail, and how
// far that is behind the tail.
func (l *log) laggard() (id int, ltail, lag uint64) {
	tail := l.control.Tail.Load()
	id, ltail = l.id, l.ltail()
	for i, r := range l.store.Replicas {
		// In this order: who leaves moves its ltail once more, last of all, which
		// nobody may miss who is going to wait for it.
		if at := r.Applied.Load(); isMember(r.Joined.Load()) && behind(tail, at) > behind(tail, ltail) {
			id, ltail = i, at
		}
	}
	return id, ltail, behind(tail, ltail)
}

// write encodes op into the slots from index on, the first header last, and
// returns the index after it.
func (l *log) write(index uint64, op *kernel.Op, from kernel.Origin) uint64 {
	next := l.writeData(index, op)
	s := l.store.At(index)
	if assert.On {
		l.assertFree(index)
	}
	if mutant.HeaderFirst {
		s.Publish(transport.Generation(index))
	}
	kernel.EncodeHead(s.Fill(), op, from)
	s.Publish(transport.Generation(index))
	return next
}

// writeData fills and publishes the slots after the first of the record of op,
// which begins at an index, and returns the index after it.
func (l *log) writeData(index uint64, op *kernel.Op) (next uint64) {
	n := kernel.Payloads(len(op.Data))
	for i := 1; i < n; i++ {
		at := index + uint64(i)
		s := l.store.At(at)
		if assert.On {
			l.assertFree(at)
		}
		kernel.EncodeData(s.Fill(), op.Data, i-1)
		s.Publish(transport.Continuation(at))
	}
	return index + uint64(n)
}

// live reports whether the entry at an index is published.
func (l *log) live(index uint64) bool {
	if mutant.NoGeneration {
		return l.store.At(index).Header() != 0
	}
	return l.store.At(index).Header() == transport.Generation(index)
}

// read decodes the entry at an index and returns the index after it. The
// memory is shared with other processes, so a damaged record is an error and
// never a panic.
func (l *log) read(index uint64, op *kernel.Op) (next uint64, err error) {
	d := kernel.DecodeHead(l.store.At(index).Read(), op)
	l.origin = d.Origin().Node
	if assert.On {
		l.assertStill(index, transport.Generation(index))
	}
	if d.Short() {
		return index + 1, l.valid()
	}
	if l.several && d.Step() != kernel.StepExecute {
		return index, errAcross
	}
	return l.readData(index, d, op)
}

// valid returns an error if what was read from the log just now may be of a later
// lap: nobody writes over what a member has not passed.
func (l *log) valid() error {
	if l.away() && !mutant.ReadAway {
		return ErrAway
	}
	return nil
}

// readData decodes the data of the record at an index, whose first payload has
// been decoded.
func (l *log) readData(index uint64, d kernel.Descriptor, op *kernel.Op) (next uint64, err error) {
	if err := d.Check(); err != nil {
		if l.away() {
			err = ErrAway
		}
		return index, err
	}
	n := d.Payloads()
	for i := 1; i < n; i++ {
		op.Data = kernel.DecodeData(op.Data, l.store.At(index+uint64(i)).Read(), d.Len(), i-1)
		if assert.On {
			l.assertStill(index+uint64(i), transport.Continuation(index+uint64(i)))
		}
	}
	return index + uint64(n), l.valid()
}

// complete advances ctail to cover everything this replica has applied.
func (l *log) complete() {
	l.in(PhaseCtail)
	word := &l.control.Completed
	if len(l.seen) > 1 {
		word.Claim()
	}
	for {
		c := word.Load()
		if assert.On && c < l.lastCompleted {
			assert.Fail("replica %d: ctail goes back from %d to %d", l.id, l.lastCompleted, c)
		}
		if c != l.lastCompleted {
			l.events.Control[l.other()].Add(1)
			l.lastCompleted = c
		}
		if c >= l.applied {
			return
		}
		if mutant.CtailStored {
			word.Store(l.applied)
			return
		}
		if word.CompareAndSwap(c, l.applied) {
			l.lastCompleted = l.applied
			return
		}
	}
}

// unknown is the place in Events of a replica that cannot be told.
const unknown = 255

// other is the replica that changed a word which only this one and others
// change: with two replicas that is the other one.
func (l *log) other() uint8 {
	if len(l.seen) == 2 {
		return uint8(1 - l.id)
	}
	return unknown
}
