package combining

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// MaxThreads is the number of threads that can be at one station.
const MaxThreads = 256

// Errors of Join.
var (
	ErrTooManyThreads = errors.New("too many threads on the node")
	ErrWindow         = errors.New("bad window")
	ErrOutstanding    = errors.New("operations are outstanding")
)

// Station is where the threads of one node meet: the combiner lock, and the
// threads that the combiner works for.
type Station struct {
	entry
	threads []*Thread // changed under the lock
	slots   [MaxThreads]*Thread
	policy  *transport.Policy
	active  transport.Counter // turns of threads with work of their own
	resting transport.Line    // 1 while the attending thread sleeps until rung for
}

// NewStation returns a station without threads.
func NewStation(p *transport.Policy) *Station {
	transport.ReadyFences()
	return &Station{policy: p}
}

// Lock waits until the caller is the combiner. Only rare things wait for the
// lock (joining, leaving, digests); a thread with operations polls instead.
func (s *Station) Lock() {
	w := transport.NewWaiter(s.policy)
	for !s.TryLock() {
		if s.lock.Load() != 0 {
			w.Wait(&s.lock, 1)
		} else {
			w.Wait(&s.inside.Word, 1)
		}
	}
}

// AwaitFree waits until nobody is the combiner; somebody may be again when it
// returns.
func (s *Station) AwaitFree() {
	s.Lock()
	defer s.Unlock()
}

// Locked returns the lock's word, whose value 1 a thread can wait on.
func (s *Station) Locked() *transport.Word { return &s.lock }

// Words returns the words by which one at a time becomes the combiner, for who
// watches them: the lock, the bias, and the one that says that a sole thread is
// inside.
func (s *Station) Words() (lock, bias, inside *transport.Word) {
	return &s.lock, &s.bias, &s.inside.Word
}

// Threads returns the threads that take part; the combiner's to use.
func (s *Station) Threads() []*Thread { return s.threads }

// Thread returns the thread with an ID, or nil; the combiner's to use.
func (s *Station) Thread(id int) *Thread {
	if id < 0 || id >= MaxThreads {
		return nil
	}
	return s.slots[id]
}

// Join adds a thread with a window of the given number of operations.
func (s *Station) Join(window int) (*Thread, error) {
	if window < 1 || window > kernel.MaxWindow {
		return nil, fmt.Errorf("%w: %d operations: want 1 to %d", ErrWindow, window, kernel.MaxWindow)
	}
	results := transport.Apart[kernel.Result](window)
	copy(results, kernel.NewResults(window))
	return s.JoinWith(transport.Apart[kernel.Op](window), results)
}

// JoinWith adds a thread with a window that it has already: that of its place at
// another station. A place of the window is posted at one of them at a time.
func (s *Station) JoinWith(ops []kernel.Op, results []kernel.Result) (*Thread, error) {
	s.Lock()
	defer s.Unlock()
	for id := range s.slots {
		if s.slots[id] == nil {
			t := newThread(id, ops, results)
			s.slots[id] = t
			s.rebuild()
			return t, nil
		}
	}
	return nil, fmt.Errorf("%w: %d are there: close a port first", ErrTooManyThreads, MaxThreads)
}

// Leave removes a thread. All it posted must have been collected.
func (s *Station) Leave(t *Thread) error {
	if n := t.Outstanding(); n != 0 {
		return fmt.Errorf("close port: %w: collect %d with Next first", ErrOutstanding, n)
	}
	s.Lock()
	defer s.Unlock()
	if s.slots[t.ID] == t {
		s.slots[t.ID] = nil
		s.rebuild()
	}
	return nil
}

// rebuild makes a new list, because a combiner before us may have kept the old
// one only until it unlocked.
func (s *Station) rebuild() {
	s.threads = nil
	for _, t := range s.slots {
		if t != nil {
			s.threads = append(s.threads, t)
		}
	}
	for _, t := range s.threads {
		t.setSole(len(s.threads) == 1)
	}
}

// Worked notes that a thread with operations of its own was the combiner; the
// combiner's to call.
func (s *Station) Worked() { s.active.Add(1) }

// Activity returns a number that grows while threads of the node work.
func (s *Station) Activity() uint64 { return s.active.Load() }

// Rest says that the attending thread is about to sleep until rung for; Rouse
// says that it no longer does, and reports whether it did. A thread that begins
// to poll rouses it, so that it looks in again when the polling ends.
func (s *Station) Rest() { s.resting.Swap(1) }

// Rouse ends the rest of the attending thread; see Rest.
func (s *Station) Rouse() bool {
	if s.resting.Load() == 0 {
		return false
	}
	s.resting.Store(0)
	return true
}
