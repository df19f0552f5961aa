package nrkernel

import (
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/transport"
)

// The assertions of a log: see package assert. Words that others write are read
// smallest first, so that their order holds also while they move.

// assertReserved: every replica has applied what the n slots from start on hold
// now, and a recovery can tell that they are being filled.
func (l *log) assertReserved(start, n uint64) {
	for id, r := range l.store.Replicas {
		joined := r.Joined.Load()
		if at := r.Applied.Load(); isMember(joined) && start+n > at+l.capacity() && r.Joined.Load() == joined {
			assert.Fail("replica %d reserves log slots up to %d, and replica %d has applied %d: the log has %d", l.id, start+n, id, at, l.capacity())
		}
	}
	if f := l.store.Replicas[l.id].Filling.Load(); f == 0 || f-1 > start {
		assert.Fail("replica %d reserves log slots from %d on, and its filling says %d", l.id, start, f)
	}
}

// assertFree: the slot of an index that is to be written holds what it held a lap
// before, or nothing yet.
func (l *log) assertFree(index uint64) {
	h, before := l.store.At(index).Header(), index-l.capacity()
	if h == 0 || index >= l.capacity() && (h == transport.Generation(before) || h == transport.Continuation(before)) {
		return
	}
	assert.Fail("replica %d writes log index %d, and the header of its slot is %#x", l.id, index, h)
}

// assertStill: what was read from the slot of an index was not written over
// meanwhile, unless the replica was passed over.
func (l *log) assertStill(index, header uint64) {
	if h := l.store.At(index).Header(); h != header && !l.away() {
		assert.Fail("replica %d has read log index %d, and the header of its slot became %#x", l.id, index, h)
	}
}

// assertOrder: an ltail that is published does not go back, and
// ltail <= ctail <= tail.
func (l *log) assertOrder(ltail uint64) {
	before, ctail := l.store.Replicas[l.id].Applied.Load(), l.store.Control.Completed.Load()
	tail := l.store.Control.Tail.Load()
	switch {
	case ltail < before && !l.away():
		assert.Fail("replica %d: ltail goes back from %d to %d", l.id, before, ltail)
	case ltail > ctail:
		assert.Fail("replica %d: ltail %d is beyond ctail %d", l.id, ltail, ctail)
	case ctail > tail:
		assert.Fail("replica %d: ctail %d is beyond the tail %d", l.id, ctail, tail)
	}
}
