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
// lock.
type Port struct {
	_       transport.Pad
	replica *Replica
	thread  *combining.Thread
	reads   []int // started reads
	ready   []int // finished without the combiner: reads, and refused operations
	next    int   // first of ready not yet returned
	calls   site.Calls
	_       transport.Pad
}

var _ kernel.Port = (*Port)(nil)

// NewPort adds a thread with a window of outstanding operations.
func (r *Replica) NewPort(window int) (*Port, error) {
	t, err := r.station.Join(window)
	if err != nil {
		return nil, err
	}
	return &Port{replica: r, thread: t, reads: transport.Apart[int](window)[:0], ready: transport.Apart[int](window)[:0]}, nil
}

// Ops returns the operations of the window.
func (p *Port) Ops() []kernel.Op { return p.thread.Ops }

// Results returns the results of the window.
func (p *Port) Results() []kernel.Result { return p.thread.Results }

// Start starts the operation at a place of the window.
func (p *Port) Start(place int) {
	op := &p.thread.Ops[place]
	if site.On(site.AtCallBegin) {
		p.calls.Begin(p.replica.log.id, p.thread.ID, place, uint8(op.Service), uint8(op.Code), op.Args[0])
	}
	if s := p.replica.table.Check(op); s != kernel.StatusOK {
		r := &p.thread.Results[place]
		r.Reset()
		r.Status = s
		p.ready = append(p.ready, place)
		return
	}
	if op.Code.IsQuery() {
		p.reads = append(p.reads, place)
	} else {
		p.thread.Post(place)
	}
}

// Next returns the place of a finished operation.
func (p *Port) Next() (int, error) {
	for {
		if p.next < len(p.ready) {
			place := p.ready[p.next]
			if p.next++; p.next == len(p.ready) {
				p.ready, p.next = p.ready[:0], 0
			}
			p.calls.End(place)
			return place, nil
		}
		if place := p.thread.Collect(); place >= 0 {
			p.calls.End(place)
			return place, nil
		}
		if err := p.execute(); err != nil {
			return -1, err
		}
	}
}

// execute executes all that is started.
func (p *Port) execute() error {
	writing := p.thread.Outstanding() > 0
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

// write has the posted operations executed, by this thread as the combiner or
// by another that is.
func (p *Port) write() error {
	p.thread.Publish()
	r := p.replica
	w := transport.NewWaiter(r.policy)
	word, seen := p.thread.Done()
	for {
		if r.station.TryLock() {
			r.station.Worked()
			r.combiner = p.thread
			err := r.combine()
			r.combiner = nil
			r.station.Unlock()
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
func (p *Port) read() error {
	r := p.replica
	l := r.log
	complete := l.store.Control.Completed.Load()
	own := l.store.Replicas[l.id]
	if own.Applied.Load() < complete && !mutant.NoGate {
		if err := p.gate(complete); err != nil {
			return err
		}
	}
	if !mutant.ReadUnlocked {
		r.readers.RLock(p.thread.ID)
	}
	for _, place := range p.reads {
		r.table.Execute(&p.thread.Ops[place], &p.thread.Results[place])
	}
	r.readers.RUnlock(p.thread.ID)
	p.ready = append(p.ready, p.reads...)
	p.reads = p.reads[:0]
	return nil
}

// gate waits until the replica has applied the log up to an index.
func (p *Port) gate(index uint64) error {
	r := p.replica
	own := r.log.store.Replicas[r.log.id]
	site.GateBegin(r.log.id, index)
	w := transport.NewWaiter(r.policy)
	for {
		at := own.Applied.Load()
		if at >= index {
			site.GateEnd(r.log.id)
			return nil
		}
		if r.station.TryLock() {
			r.combiner = p.thread
			err := r.replay(index, 0, 0)
			r.combiner = nil
			r.station.Unlock()
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
	if n := len(p.reads) + len(p.ready) - p.next; n > 0 {
		return fmt.Errorf("close port: %w: collect %d with Next first", combining.ErrOutstanding, n)
	}
	return p.replica.station.Leave(p.thread)
}
