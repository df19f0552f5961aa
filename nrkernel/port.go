package nrkernel

import (
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// Port is one thread's way into a replica. It implements kernel.Port.
//
// What is started is executed at the next Next that has nothing finished to
// return: first the writes, as one batch, then the reads, under one reader
// lock. A thread that is alone at its replica and has a window of one reads at
// once: there is nothing to batch.
type Port struct {
	_       transport.Pad
	replica *Replica
	thread  *combining.Thread
	writes  []int // started writes, not yet posted
	reads   []int // started reads
	ready   []int // finished without being posted, and refused operations
	next    int   // first of ready not yet returned
	eager   bool  // the window is one
	atOnce  bool  // its place was read at once, and not yet returned
	calls   site.Calls
	gates   site.Joint
	_       transport.Pad
}

var _ kernel.Port = (*Port)(nil)

// NewPort adds a thread with a window of outstanding operations.
func (r *Replica) NewPort(window int) (*Port, error) {
	t, err := r.station.Join(window)
	if err != nil {
		return nil, err
	}
	return r.portOf(t, window == 1), nil
}

// portOf returns a port for a thread of the station; an eager one executes reads
// when they are started.
func (r *Replica) portOf(t *combining.Thread, eager bool) *Port {
	places := func() []int { return transport.Apart[int](len(t.Ops))[:0] }
	return &Port{replica: r, thread: t, writes: places(), reads: places(), ready: places(), eager: eager}
}

// Ops returns the operations of the window.
func (p *Port) Ops() []kernel.Op { return p.thread.Ops }

// Results returns the results of the window.
func (p *Port) Results() []kernel.Result { return p.thread.Results }

// Start starts the operation at a place of the window.
func (p *Port) Start(place int) {
	op := &p.thread.Ops[place]
	if site.On(site.AtCallBegin) {
		service, first := kernel.Asked(op)
		p.calls.Begin(p.replica.log.id, p.thread.ID, place, uint8(service), uint8(op.Code), first)
	}
	if s := p.replica.table.Check(op); s != kernel.StatusOK {
		r := &p.thread.Results[place]
		r.Reset()
		r.Status = s
		p.ready = append(p.ready, place)
		return
	}
	if op.Code.IsQuery() {
		if p.eager && p.readAtOnce(op, &p.thread.Results[place]) {
			p.atOnce = true
			return
		}
		p.reads = append(p.reads, place)
	} else {
		p.writes = append(p.writes, place)
	}
}

// Next returns the place of a finished operation.
func (p *Port) Next() (int, error) {
	if p.atOnce {
		p.atOnce = false
		p.calls.End(0)
		return 0, nil
	}
	for {
		if place := p.finished(); place >= 0 {
			p.calls.End(place)
			return place, nil
		}
		if err := p.replica.back(p.execute()); err != nil {
			return -1, err
		}
	}
}

// finished returns the place of an operation that has finished already, or -1.
func (p *Port) finished() int {
	if p.next < len(p.ready) {
		place := p.ready[p.next]
		if p.next++; p.next == len(p.ready) {
			p.ready, p.next = p.ready[:0], 0
		}
		return place
	}
	if p.thread.Outstanding() > 0 {
		return p.thread.Collect()
	}
	return -1
}

// execute executes all that is started.
func (p *Port) execute() error {
	writing := len(p.writes) > 0 || p.thread.Outstanding() > 0
	if writing {
		if err := p.write(); err != nil {
			return err
		}
	}
	if len(p.reads) > 0 {
		return p.read()
	}
	if !writing {
		return kernel.ErrIdle
	}
	return nil
}

// write has the started writes executed: by this thread at once if it is alone
// at the replica, else by whichever of its threads is the combiner.
func (p *Port) write() error {
	r := p.replica
	if p.thread.Outstanding() == 0 && p.thread.Sole() && r.station.Enter(p.thread) {
		r.station.Worked()
		r.combiner = p.thread
		err := p.writeAlone()
		r.combiner = nil
		r.station.Exit(p.thread)
		return err
	}
	for _, place := range p.writes {
		p.thread.Post(place)
	}
	p.writes = p.writes[:0]
	p.thread.Publish()
	return p.await()
}

// writeAlone executes the started writes in batches, without posting them. The
// thread is the combiner, and the replica's only one.
func (p *Port) writeAlone() error {
	r := p.replica
	for done := 0; done < len(p.writes); {
		start, end, err := uint64(0), uint64(0), error(nil)
		if r.own != r.ownEnd { // left by a combiner before
			err = r.catchUp(r.ownEnd)
		}
		if err == nil {
			slots := r.take(p.thread, p.writes[done:])
			if start, err = r.begin(slots); err == nil {
				end = r.fill(start, slots)
			} else if site.On(site.AtCombineEnd) && r.batches.Ends() {
				site.CombineEnd(r.log.id)
			}
		}
		if err != nil {
			p.writes = p.writes[:copy(p.writes, p.writes[done:])]
			return err
		}
		if err := r.replay(end, start, end); err != nil {
			p.leave(start, end)
			p.writes = p.writes[:copy(p.writes, p.writes[done+len(r.batch):])]
			return err
		}
		r.log.in(PhaseHandOut)
		for _, b := range r.batch {
			p.ready = append(p.ready, b.place)
		}
		done += len(r.batch)
		r.end()
	}
	p.writes = p.writes[:0]
	return nil
}

// leave makes the batch, which is in the log, one of posted operations: whoever
// applies it hands them out.
func (p *Port) leave(start, end uint64) {
	r := p.replica
	for _, b := range r.batch {
		p.thread.Post(b.place)
	}
	p.thread.Publish()
	for range r.batch {
		p.thread.Take()
	}
	r.own, r.ownEnd = start, end
	if site.On(site.AtCombineEnd) && r.batches.Ends() {
		site.CombineEnd(r.log.id)
	}
}

// await waits until some of what was posted is finished, and is the combiner
// when nobody else is.
func (p *Port) await() error {
	r := p.replica
	w := transport.NewWaiter(r.policy)
	word, seen := p.thread.Done()
	for {
		if r.station.Enter(p.thread) {
			r.station.Worked()
			r.combiner = p.thread
			err := r.combine()
			r.combiner = nil
			r.station.Exit(p.thread)
			if err != nil {
				return err
			}
		}
		if word.Load() != seen {
			return nil
		}
		if w.Patient() && r.stopped() {
			return kernel.ErrStopped
		}
		// Missed by the combiner that is leaving, or not yet seen by one at
		// work: either way the next poll is microseconds away.
		w.Wait(r.station.Locked(), 1)
	}
}

// read executes the started reads against the local replica, once it has
// applied everything that was complete when the reads began.
//
// A thread that is alone at its replica keeps others from replaying by being
// the combiner: that costs less than the reader lock.
func (p *Port) read() error {
	r := p.replica
	complete := r.log.control.Completed.Load()
	if p.thread.Sole() && r.station.Enter(p.thread) {
		var err error
		if r.log.applied < complete && !mutant.NoGate {
			r.combiner = p.thread
			err = r.catchUp(complete)
			r.combiner = nil
		}
		if err == nil {
			p.query()
		}
		r.station.Exit(p.thread)
		return err
	}
	if behind(complete, r.log.ltail()) > 0 && !mutant.NoGate {
		if err := p.gate(complete); err != nil {
			return err
		}
	}
	if !mutant.ReadUnlocked {
		r.readers.RLock(p.thread.ID)
	}
	p.query()
	r.readers.RUnlock(p.thread.ID)
	return nil
}

// readAtOnce executes a read if the thread is alone at its replica, which is up
// to date, and reports whether it did.
func (p *Port) readAtOnce(op *kernel.Op, res *kernel.Result) bool {
	r := p.replica
	complete := r.log.control.Completed.Load()
	if !p.thread.Sole() || !r.station.Enter(p.thread) {
		return false
	}
	fresh := r.log.applied >= complete
	if fresh {
		r.table.Execute(op, res)
	}
	r.station.Exit(p.thread)
	return fresh
}

// query executes the started reads. Nobody replays meanwhile.
func (p *Port) query() {
	for _, place := range p.reads {
		p.replica.table.Execute(&p.thread.Ops[place], &p.thread.Results[place])
	}
	p.ready = append(p.ready, p.reads...)
	p.reads = p.reads[:0]
}

// gate waits until the replica has applied the log up to an index.
func (p *Port) gate(index uint64) error {
	r := p.replica
	traced := site.On(site.AtGateBegin) && p.gates.Begins()
	if traced {
		site.GateBegin(r.log.id, index)
	}
	err := p.awaitApplied(index)
	if traced {
		site.GateEnd(r.log.id)
	}
	return err
}

// awaitApplied is gate, without its probes.
func (p *Port) awaitApplied(index uint64) error {
	r := p.replica
	w := transport.NewWaiter(r.policy)
	for {
		if behind(index, r.log.ltail()) == 0 {
			return nil
		}
		if r.station.Enter(p.thread) {
			r.combiner = p.thread
			err := r.catchUp(index)
			r.combiner = nil
			r.station.Exit(p.thread)
			if err == nil && r.log.away() {
				err = ErrAway
			}
			if err != nil {
				return err
			}
			continue
		}
		if w.Patient() && r.stopped() {
			return kernel.ErrStopped
		}
		w.Wait(r.station.Locked(), 1)
	}
}

// Close gives up the thread's place.
func (p *Port) Close() error {
	n := len(p.writes) + len(p.reads) + len(p.ready) - p.next
	if p.atOnce {
		n++
	}
	if n > 0 {
		return fmt.Errorf("close port: %w: collect %d with Next first", combining.ErrOutstanding, n)
	}
	return p.replica.station.Leave(p.thread)
}
