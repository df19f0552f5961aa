package nrkernel

import (
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// maxBatchOps bounds the operations of one reservation.
const maxBatchOps = 1024

// combine executes what the threads of the node have posted, in batches, until
// it finds nothing more to take. The caller is the combiner.
func (r *Replica) combine() error {
	for {
		if r.own != r.ownEnd {
			if err := r.catchUp(r.ownEnd); err != nil {
				return err
			}
		}
		slots := r.collect()
		if slots == 0 {
			return r.damage
		}
		start, err := r.begin(slots)
		if err != nil {
			r.giveBack()
			if site.On(site.AtCombineEnd) && r.batches.Ends() {
				site.CombineEnd(r.log.id)
			}
			return err
		}
		end := r.fill(start, slots)
		if mutant.DeliverEarly {
			r.handOut()
		}
		if err := r.replay(end, start, end); err != nil {
			r.own, r.ownEnd = start, end
			if site.On(site.AtCombineEnd) && r.batches.Ends() {
				site.CombineEnd(r.log.id)
			}
			return err
		}
		if !mutant.DeliverEarly {
			r.handOut()
		}
		r.end()
	}
}

// begin reserves the slots that the batch needs.
func (r *Replica) begin(slots uint64) (start uint64, err error) {
	if site.On(site.AtCombineBegin) && r.batches.Begins() {
		site.CombineBegin(r.log.id, len(r.batch), slots)
	}
	return r.reserve(slots)
}

// fill publishes the batch in the slots reserved for it, and returns the index
// after it.
func (r *Replica) fill(start, slots uint64) (end uint64) {
	end = start
	r.log.in(PhaseFill)
	if mutant.FillingEarly {
		r.log.filled()
	}
	for _, p := range r.batch {
		end = r.log.write(end, &p.thread.Ops[p.place], kernel.Origin{Node: uint8(r.log.id), Thread: uint8(p.thread.ID), Place: uint16(p.place)})
	}
	r.log.filled()
	if site.On(site.AtAppend) && r.appends.Begins() {
		site.Append(r.log.id, start, slots, len(r.batch))
	}
	r.log.events.Entries.Add(uint64(len(r.batch)))
	return end
}

// end is the end of a batch whose results were handed out.
func (r *Replica) end() {
	r.log.in(PhaseElsewhere)
	if site.On(site.AtCombineEnd) && r.batches.Ends() {
		site.CombineEnd(r.log.id)
	}
	if mutant.LateCtail {
		r.log.complete()
	}
}

// collect takes posted operations into the batch and returns the number of
// slots they need.
func (r *Replica) collect() (slots uint64) {
	r.batch = r.batch[:0]
	limit := r.log.maxBatch()
	for _, t := range r.station.Threads() {
		for len(r.batch) < cap(r.batch) {
			place := t.Take()
			if place < 0 {
				break
			}
			n := uint64(kernel.Payloads(len(t.Ops[place].Data)))
			if slots+n > limit {
				if !mutant.LoseOverflow {
					t.Untake()
				}
				return slots
			}
			slots += n
			r.batch = append(r.batch, posted{t, place})
		}
	}
	return slots
}

// take takes started operations of one thread into the batch and returns the
// number of slots they need.
func (r *Replica) take(t *combining.Thread, places []int) (slots uint64) {
	r.batch = r.batch[:0]
	limit := r.log.maxBatch()
	for _, place := range places[:min(len(places), cap(r.batch))] {
		n := uint64(kernel.Payloads(len(t.Ops[place].Data)))
		if slots+n > limit {
			break
		}
		slots += n
		r.batch = append(r.batch, posted{t, place})
	}
	return slots
}

// giveBack returns a batch that could not be appended to its threads.
func (r *Replica) giveBack() {
	for i := len(r.batch) - 1; i >= 0; i-- {
		r.batch[i].thread.Untake()
	}
	r.batch = r.batch[:0]
}

// handOut shows the threads of the batch their results.
func (r *Replica) handOut() {
	r.log.in(PhaseHandOut)
	for i, p := range r.batch {
		if mutant.ForgetThread && i > 0 && i+1 == len(r.batch) {
			continue
		}
		p.thread.Finish(p.place)
		if i+1 == len(r.batch) || r.batch[i+1].thread != p.thread {
			p.thread.Deliver()
		}
	}
}

// reserve takes n slots, making room first while the log is full: it brings
// this replica up to date, replays idle replicas of this process, and waits
// for those of others, which look woke.
func (r *Replica) reserve(n uint64) (start uint64, err error) {
	start, ok := r.log.reserve(n)
	if ok {
		return start, nil
	}
	r.log.events.LogFull.Add(1)
	site.LogFull(r.log.id, n)
	if r.node != nil {
		return r.reserveAmongSeveral(n)
	}
	w := transport.NewWaiter(r.policy)
	for {
		if err := r.replay(r.log.control.Tail.Load(), 0, 0); err != nil {
			return 0, err
		}
		for _, peer := range r.peers {
			if err := peer.advance(); err != nil {
				return 0, err
			}
		}
		if start, ok = r.log.reserve(n); ok {
			return start, nil
		}
		if r.log.away() {
			return 0, ErrAway
		}
		if w.Patient() && r.stopped() {
			return 0, kernel.ErrStopped
		}
		id, ltail, lag := r.log.laggard()
		if (id == r.log.id || lag+n <= r.log.capacity()) && !mutant.WaitForNobody {
			continue // who held the log up has caught up since, or it is us by now
		}
		bell := r.log.bells[id]
		if w.Sleepy() {
			bell.Wake() // its threads have stopped, and its attending thread naps
		} else {
			bell.Ring() // nobody has, if it came to be the laggard just now
		}
		w.Wait(&r.log.store.Replicas[id].Applied.Word, ltail)
	}
}

// reserveAmongSeveral is reserve where the log is one of several, and the combiner
// may not wait for room: what holds the log up may need what this node holds.
func (r *Replica) reserveAmongSeveral(n uint64) (start uint64, err error) {
	if err := r.catchUp(r.log.control.Tail.Load()); err != nil {
		return 0, err
	}
	if start, ok := r.log.reserve(n); ok {
		return start, nil
	}
	return 0, errFull
}

// replay applies the log up to an index. Entries from own to ownEnd, if those
// differ, are the batch's: they are applied from the threads' windows, with
// their results. The caller is the combiner.
//
// The writer lock is not held while a reserved slot is not yet published, so
// that readers who need nothing newer go on.
func (r *Replica) replay(to, own, ownEnd uint64) error {
	l := r.log
	mine := own != ownEnd
	alone := r.alone()
	traced := site.On(site.AtReplayBegin) && l.applied < to && r.replays.Begins()
	if traced {
		site.ReplayBegin(l.id, l.applied, to)
	}
	var err error
	for l.applied < to && err == nil {
		l.in(PhaseReplay)
		if !(mine && l.applied == own) && !l.live(l.applied) {
			if err := r.awaitPublished(l.applied); err != nil {
				return err
			}
		}
		if !alone {
			r.readers.Lock(r.station.Threads())
		}
		for l.applied < to {
			if mine && l.applied == own {
				r.applyBatch()
				l.applied = ownEnd
				continue
			}
			if !l.live(l.applied) {
				break
			}
			if err = r.applyForeign(); err != nil {
				break
			}
		}
		if mutant.LtailFirst {
			if assert.On {
				l.assertOrder(l.applied)
			}
			l.self.Applied.Store(l.applied)
		}
		// ctail covers the effects before a reader can see them.
		if !mutant.LateCtail {
			l.complete()
		}
		if assert.On {
			l.assertOrder(l.applied)
		}
		l.self.Applied.Store(l.applied)
		r.unlockReaders(alone)
	}
	l.in(PhaseElsewhere)
	if traced {
		site.ReplayEnd(l.id, l.applied)
	}
	return err
}

// catchUp replays to an index, and hands out the results of a batch that a
// combiner before had to leave (see Node). The caller is the combiner.
func (r *Replica) catchUp(to uint64) error {
	err := r.replay(to, r.own, r.ownEnd)
	if r.own != r.ownEnd && r.log.applied >= r.ownEnd {
		r.own = r.ownEnd
		r.handOut()
	}
	return err
}

// alone reports whether the combiner is the replica's only thread. Then nobody
// reads, and the reader lock, whose exchange would wait for the slots to leave
// the store buffer, can be left alone.
func (r *Replica) alone() bool {
	threads := r.station.Threads()
	return len(threads) == 1 && threads[0] == r.combiner
}

func (r *Replica) unlockReaders(alone bool) {
	if !alone {
		r.readers.Unlock()
	}
}

// awaitPublished waits until the slot of a reserved index is published. Its
// writer is between its exchange of tail and its last store, where nothing
// allocates or sleeps, so this is short unless its CPU was taken away.
func (r *Replica) awaitPublished(index uint64) error {
	r.log.events.Holes.Add(1)
	site.Hole(r.log.id, index)
	s := r.log.store.At(index)
	w := transport.NewWaiter(r.policy)
	for {
		h := s.Header()
		if h == transport.Generation(index) {
			return nil
		}
		if r.log.away() {
			return ErrAway
		}
		if w.Patient() && r.stopped() {
			return kernel.ErrStopped
		}
		w.Wait(s.HeaderWord(), h)
	}
}

// applyBatch applies the operations of the batch from the threads' windows.
func (r *Replica) applyBatch() {
	if l := r.log; l.tailMoved {
		// Whoever wrote the entry before the batch had moved the tail.
		l.tailMoved = false
		l.events.Control[l.origin].Add(1)
	}
	for _, p := range r.batch {
		r.table.Execute(&p.thread.Ops[p.place], &p.thread.Results[p.place])
	}
}

// applyForeign applies the published entry at the replica's ltail.
func (r *Replica) applyForeign() error {
	l := r.log
	next, err := l.read(l.applied, &r.foreign)
	if err == errAcross || err == ErrAway {
		return err
	}
	if err != nil {
		r.damage = fmt.Errorf("replica %d, log index %d: %w", l.id, l.applied, err)
		return r.damage
	}
	r.table.Execute(&r.foreign, &r.ignored)
	l.passed(next)
	return nil
}

// passed moves ltail past an entry that another replica wrote, and was read.
func (l *log) passed(next uint64) {
	n := next - l.applied
	l.events.Foreign[l.origin].Add(n)
	if n > 1 {
		l.events.Parts[l.origin].Add(n - 1)
	}
	l.applied = next
}
