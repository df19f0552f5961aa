package combining

import (
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/transport"
)

// entry is how one at a time becomes the combiner: a lock, biased towards the
// one thread of a station that has just one.
//
// That thread enters by a plain store of inside and a second look at bias: no
// locked instruction, which would wait for its stores to other nodes and keep
// the misses of its operations from overlapping. Anybody else (the attending
// thread, a peer that helps, a thread that joins) takes the lock, takes the
// bias away, and by a heavy fence either sees the thread inside or is seen by
// it. From then on the thread takes the lock too, until nobody else has come
// between two of its visits. (Biased locking: Kawachiya, Koseki, Onodera, "Lock
// reservation", OOPSLA 2002.)
type entry struct {
	_      transport.Pad
	lock   transport.Word
	bias   transport.Word // 1 + ID of the thread that may enter without the lock
	visits uint64         // how often others took the lock; changed under it
	turn   assert.Turn
	_      transport.Pad
	inside transport.Line // 1 while that thread is inside; only it writes this
}

// TryLock makes the caller the combiner if nobody is. Threads of the station
// call Enter instead.
func (s *Station) TryLock() bool {
	if !s.takeLock() {
		return false
	}
	s.visits++
	if s.bias.Load() != 0 && !mutant.BiasKept {
		s.bias.Swap(0)
		transport.FenceHeavy()
	}
	// Also without bias: it may have been taken away, just now and by another,
	// from a thread that is still inside.
	if s.inside.Load() == 0 || mutant.InsideUnseen {
		s.begin()
		return true
	}
	s.lock.Store(0)
	return false
}

func (s *Station) takeLock() bool {
	if mutant.LockByStore {
		free := s.lock.Load() == 0
		if free {
			s.lock.Store(1)
		}
		return free
	}
	return s.lock.Load() == 0 && s.lock.CompareAndSwap(0, 1)
}

// Unlock ends the caller's time as combiner after TryLock or Lock.
func (s *Station) Unlock() {
	s.end()
	s.lock.Store(0)
}

// Enter makes a thread of the station the combiner if nobody is.
func (s *Station) Enter(t *Thread) bool {
	if s.bias.Load() == uint64(t.ID)+1 {
		s.inside.StoreLight(1)
		if mutant.EnterAtOnce || s.bias.Load() == uint64(t.ID)+1 {
			t.light = true
			s.begin()
			return true
		}
		s.inside.Store(0)
	}
	return s.enterByLock(t)
}

func (s *Station) enterByLock(t *Thread) bool {
	if !s.takeLock() {
		return false
	}
	t.light = false
	if t.Sole() && t.visits == s.visits {
		s.bias.Store(uint64(t.ID) + 1)
	}
	t.visits = s.visits
	s.begin()
	return true
}

// Exit ends a thread's time as combiner after Enter.
func (s *Station) Exit(t *Thread) {
	s.end()
	if t.light {
		s.inside.Store(0)
		return
	}
	s.lock.Store(0)
}

// Sole reports whether the thread is the only one of its station. While it is
// the combiner too, nobody can join.
func (t *Thread) Sole() bool { return t.sole.Load() == 1 }

func (t *Thread) setSole(sole bool) {
	if sole {
		t.sole.Store(1)
		return
	}
	t.sole.Store(0)
}

func (s *Station) begin() {
	if assert.On {
		assert.Begin(&s.turn, "combiner of a station")
	}
}

func (s *Station) end() {
	if assert.On {
		assert.End(&s.turn, "combiner of a station")
	}
}
