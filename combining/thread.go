package combining

import (
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// Thread is one thread's place at a Station: its window of operations, and the
// two rings through which places of the window go to the combiner and back.
type Thread struct {
	_      transport.Pad
	posted transport.Line // places ever posted; written by the thread
	done   transport.Line // places ever finished; written by the combiner

	// ID is the number of the thread at its station.
	ID      int
	Ops     []kernel.Op
	Results []kernel.Result

	queue    []uint16 // ring of posted places; written by the thread
	finished []uint16 // ring of finished places; written by the combiner
	mask     uint64
	sole     transport.Word // 1 while no other thread is at the station
	_        transport.Pad  // both read what is above, at every operation

	posts, collected uint64 // private to the thread
	light            bool   // it entered without the lock; see Station.Enter
	visits           uint64 // those of the station when it last took the lock
	_                transport.Pad
	taken, completed uint64 // private to the combiner
	_                transport.Pad
}

func newThread(id int, ops []kernel.Op, results []kernel.Result) *Thread {
	ring := 1
	for ring < len(ops) {
		ring *= 2
	}
	return &Thread{
		ID: id, Ops: ops, Results: results,
		queue: transport.Apart[uint16](ring), finished: transport.Apart[uint16](ring), mask: uint64(ring - 1),
	}
}

// Post puts a place of the window in the queue. The combiner sees it after
// Publish.
func (t *Thread) Post(place int) {
	t.queue[t.posts&t.mask] = uint16(place)
	t.posts++
}

// Publish shows the combiner all that was posted.
func (t *Thread) Publish() { t.posted.Store(t.posts) }

// Outstanding returns the number of posted places that were not collected.
func (t *Thread) Outstanding() int { return int(t.posts - t.collected) }

// Collect returns a finished place, or -1 when there is none now.
func (t *Thread) Collect() int {
	if t.collected == t.done.Load() {
		return -1
	}
	place := t.finished[t.collected&t.mask]
	t.collected++
	return int(place)
}

// Done returns the word that changes when places are finished, and the value
// at which everything collected so far was all there was: what to wait on.
func (t *Thread) Done() (w *transport.Word, seen uint64) { return &t.done.Word, t.collected }

// Take returns a posted place that no combiner has taken, or -1.
func (t *Thread) Take() int {
	posted := t.posted.Load()
	if t.taken == posted {
		return -1
	}
	if assert.On && (t.taken > posted || posted-t.taken > t.mask+1) {
		assert.Fail("thread %d has posted %d operations in all, and %d were taken: at most %d are outstanding", t.ID, posted, t.taken, t.mask+1)
	}
	place := t.queue[t.taken&t.mask]
	t.taken++
	return int(place)
}

// Untake puts back the place taken last.
func (t *Thread) Untake() { t.taken-- }

// Finish marks a taken place as finished: its result is complete. The thread
// sees it after Deliver.
func (t *Thread) Finish(place int) {
	if assert.On && t.completed >= t.taken {
		assert.Fail("thread %d: place %d is finished, and all %d operations that were taken are", t.ID, place, t.taken)
	}
	t.finished[t.completed&t.mask] = uint16(place)
	t.completed++
}

// Deliver shows the thread all that was finished.
func (t *Thread) Deliver() { t.done.Store(t.completed) }
