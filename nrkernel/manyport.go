package nrkernel

import (
	"fmt"
	"math/bits"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// manyPort is one thread's way into a node with several logs. It has one window,
// and a port at the replica of each log, to which it deals out what is started.
type manyPort struct {
	_     transport.Pad
	node  *Node
	ops   []kernel.Op
	res   []kernel.Result
	ports []*Port
	busy  uint64 // logs whose ports have something outstanding, as bits
	spans []int  // started, over several logs
	ready []int  // finished without a port: refused, and over several logs
	next  int    // first of ready not yet returned
	calls site.Calls
	merging
	_ transport.Pad
}

var _ kernel.Port = (*manyPort)(nil)

func (n *Node) newPort(window int) (*manyPort, error) {
	p := &manyPort{
		node: n, merging: newMerging(),
		spans: transport.Apart[int](max(window, 0))[:0], ready: transport.Apart[int](max(window, 0))[:0],
	}
	for i, r := range n.replicas {
		var t *combining.Thread
		var err error
		if i == 0 {
			t, err = r.station.Join(window)
		} else {
			t, err = r.station.JoinWith(p.ops, p.res)
		}
		if err != nil {
			for _, q := range p.ports {
				_ = q.Close() // nothing is outstanding
			}
			return nil, err
		}
		p.ops, p.res = t.Ops, t.Results
		p.ports = append(p.ports, r.portOf(t, false))
	}
	return p, nil
}

// Ops returns the operations of the window.
func (p *manyPort) Ops() []kernel.Op { return p.ops }

// Results returns the results of the window.
func (p *manyPort) Results() []kernel.Result { return p.res }

// Start starts the operation at a place of the window.
func (p *manyPort) Start(place int) {
	op := &p.ops[place]
	if site.On(site.AtCallBegin) {
		service, first := kernel.Asked(op)
		p.calls.Begin(p.node.id, p.ports[0].thread.ID, place, uint8(service), uint8(op.Code), first)
	}
	if s := p.node.routes.table.Check(op); s != kernel.StatusOK {
		p.refuse(place, s)
		return
	}
	log := p.node.routes.log(op)
	if log < 0 {
		logs := p.node.routes.span(op, p.fresh())
		if bits.OnesCount64(logs) > 1 {
			if p.node.routes.table.Spanning(op) == nil {
				p.refuse(place, kernel.StatusUnsupported)
				return
			}
			p.spans = append(p.spans, place)
			return
		}
		log = bits.TrailingZeros64(logs)
	}
	p.busy |= 1 << log
	if q := p.ports[log]; op.Code.IsQuery() {
		q.reads = append(q.reads, place)
	} else {
		q.writes = append(q.writes, place)
	}
}

func (p *manyPort) refuse(place int, s kernel.Status) {
	r := &p.res[place]
	r.Reset()
	r.Status = s
	p.ready = append(p.ready, place)
}

// Next returns the place of a finished operation.
func (p *manyPort) Next() (int, error) {
	for {
		if place := p.finished(); place >= 0 {
			p.calls.End(place)
			return place, nil
		}
		if p.busy == 0 && len(p.spans) == 0 {
			return -1, kernel.ErrIdle
		}
		if err := p.node.back(p.execute()); err != nil {
			return -1, err
		}
	}
}

// finished returns the place of an operation that has finished already, or -1.
func (p *manyPort) finished() int {
	if p.next < len(p.ready) {
		place := p.ready[p.next]
		if p.next++; p.next == len(p.ready) {
			p.ready, p.next = p.ready[:0], 0
		}
		return place
	}
	for i := range each(p.busy) {
		if place := p.ports[i].finished(); place >= 0 {
			return place
		}
		if p.ports[i].idle() {
			p.busy &^= 1 << i
		}
	}
	return -1
}

// idle reports whether nothing is outstanding.
func (p *Port) idle() bool {
	return len(p.writes) == 0 && len(p.reads) == 0 && p.next == len(p.ready) && p.thread.Outstanding() == 0
}

// execute executes all that is started.
func (p *manyPort) execute() error {
	if m := p.node.meeting; m.TryLock() {
		m.Worked()
		m.Unlock()
	}
	for i := range each(p.busy) {
		q := p.ports[i]
		if len(q.writes) > 0 || q.thread.Outstanding() > 0 {
			if err := p.retry(i, q.write); err != nil {
				return err
			}
		}
	}
	for i := range each(p.busy) {
		if q := p.ports[i]; len(q.reads) > 0 {
			if err := p.retry(i, q.read); err != nil {
				return err
			}
		}
	}
	for len(p.spans) > 0 {
		place := p.spans[len(p.spans)-1]
		if err := p.span(place); err != nil {
			return err
		}
		p.spans = p.spans[:len(p.spans)-1]
		p.ready = append(p.ready, place)
	}
	return nil
}

// retry does something at a log until no other log and no other node is in its
// way. It holds no lock meanwhile.
func (p *manyPort) retry(log int, do func() error) error {
	w := transport.NewWaiter(p.node.policy)
	for {
		err := do()
		switch err {
		case errAcross:
			err = p.node.across(p)
		case errFull:
			err = p.awaitRoom(log, &w)
		default:
			return err
		}
		if err != nil {
			return err
		}
	}
}

// span executes an operation over several logs.
func (p *manyPort) span(place int) error {
	op := &p.ops[place]
	logs := p.node.routes.span(op, p.fresh())
	if op.Code.IsQuery() {
		if done, err := p.query(op, &p.res[place], logs); done || err != nil {
			return err
		}
	}
	n := p.node
	from := kernel.Origin{Node: uint8(n.id), Thread: uint8(p.ports[0].thread.ID), Place: uint16(place)}
	w := transport.NewWaiter(n.policy)
	for {
		n.lockAll(p)
		err := n.place(op, &p.res[place], logs, from)
		full := n.full
		n.unlockAll()
		if err != errFull {
			return err
		}
		if err := p.awaitRoom(full, &w); err != nil {
			return err
		}
	}
}

// queryTries is how often a query over several logs tries to find the local
// replicas up to date before it enters the logs.
const queryTries = 3

// query answers a query over several logs from the local replicas, if all of
// them are found up to date at one time: while the readers' locks of all are held
// nothing changes here, and what was complete anywhere when the first ctail was
// sampled after that is here.
func (p *manyPort) query(op *kernel.Op, res *kernel.Result, logs uint64) (done bool, err error) {
	n := p.node
	for range queryTries {
		for i := range each(logs) {
			n.replicas[i].readers.RLock(p.ports[i].thread.ID)
		}
		done = true
		for i := range each(logs) {
			store := n.replicas[i].log.store
			done = done && behind(store.Control.Completed.Load(), store.Replicas[n.id].Applied.Load()) == 0
		}
		if done {
			p.perform(n, op, res, logs)
		}
		for i := range each(logs) {
			n.replicas[i].readers.RUnlock(p.ports[i].thread.ID)
		}
		if done {
			return true, nil
		}
		for i := range each(logs) {
			q := p.ports[i]
			if err := p.retry(i, func() error { return q.gate(q.replica.log.store.Control.Completed.Load()) }); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// awaitRoom lets some time pass while a log is full: it replays idle nodes of
// this process, and wakes whoever holds the log up.
func (p *manyPort) awaitRoom(log int, w *transport.Waiter) error {
	n := p.node
	for _, peer := range n.peers {
		if err := peer.advance(log); err != nil {
			return err
		}
	}
	if w.Patient() && n.stop.Load() != 0 {
		return kernel.ErrStopped
	}
	l := n.replicas[log].log
	if l.away() {
		return ErrAway
	}
	last, at, most := l.laggard()
	switch {
	case most < l.capacity()/2:
		return nil // there is room by now
	case last == n.id:
		return n.across(p)
	case w.Sleepy():
		l.bells[last].Wake() // its threads have stopped, and its attending thread naps
	default:
		l.bells[last].Ring()
	}
	w.Wait(&l.store.Replicas[last].Applied.Word, at)
	return nil
}

// Close gives up the thread's places.
func (p *manyPort) Close() error {
	outstanding := len(p.spans) + len(p.ready) - p.next
	for _, q := range p.ports {
		outstanding += len(q.writes) + len(q.reads) + len(q.ready) - q.next + q.thread.Outstanding()
	}
	if outstanding > 0 {
		return fmt.Errorf("close port: %w: collect %d with Next first", combining.ErrOutstanding, outstanding)
	}
	for _, q := range p.ports {
		if err := q.Close(); err != nil {
			return err
		}
	}
	return nil
}
