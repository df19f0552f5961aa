package biglock

import (
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// Port is one thread's way to the services. It implements kernel.Port.
//
// What is started is executed at the next Next that has nothing finished to
// return: the writes under the write lock, then the reads under the read lock;
// all under one acquisition when the lock does not tell them apart.
type Port struct {
	_       transport.Pad
	machine *Machine
	node    int
	thread  *combining.Thread
	reads   []int
	writes  []int
	ready   []int
	next    int
	shared  bool // readers do not exclude each other
	calls   site.Calls
	turns   site.Joint
	_       transport.Pad
}

var _ kernel.Port = (*Port)(nil)

// NewPort adds a thread of a node with a window of outstanding operations.
func (m *Machine) NewPort(node, window int) (*Port, error) {
	if node < 0 || node >= len(m.nodes) {
		return nil, fmt.Errorf("%w: %d: the machine has %d, counted from 0", ErrNode, node, len(m.nodes))
	}
	t, err := m.station.Join(window)
	if err != nil {
		return nil, err
	}
	_, shared := m.lock.(*rwLock)
	return &Port{
		machine: m, node: node, thread: t, shared: shared,
		reads: transport.Apart[int](window)[:0], writes: transport.Apart[int](window)[:0], ready: transport.Apart[int](window)[:0],
	}, nil
}

// Ops returns the operations of the window.
func (p *Port) Ops() []kernel.Op { return p.thread.Ops }

// Results returns the results of the window.
func (p *Port) Results() []kernel.Result { return p.thread.Results }

// Start starts the operation at a place of the window.
func (p *Port) Start(place int) {
	op := &p.thread.Ops[place]
	if site.On(site.AtCallBegin) {
		p.calls.Begin(p.node, p.thread.ID, place, uint8(op.Service), uint8(op.Code), op.Args[0])
	}
	switch s := p.machine.table.Check(op); {
	case s != kernel.StatusOK:
		r := &p.thread.Results[place]
		r.Reset()
		r.Status = s
		p.ready = append(p.ready, place)
	case p.shared && op.Code.IsQuery():
		p.reads = append(p.reads, place)
	default:
		p.writes = append(p.writes, place)
	}
}

// Next returns the place of a finished operation.
func (p *Port) Next() (int, error) {
	if p.next == len(p.ready) {
		p.ready, p.next = p.ready[:0], 0
		if len(p.reads)+len(p.writes) == 0 {
			return -1, kernel.ErrIdle
		}
		if p.machine.stop.Load() != 0 {
			return -1, kernel.ErrStopped
		}
		p.execute()
	}
	place := p.ready[p.next]
	p.next++
	p.calls.End(place)
	return place, nil
}

func (p *Port) execute() {
	m := p.machine
	if len(p.writes) > 0 {
		traced := p.asks(len(p.writes))
		m.lock.lock(p.thread.ID)
		m.begin()
		p.has(traced)
		if m.holder != p.node {
			m.nodes[p.node].lockLines[m.holder].Add(1)
			m.holder = p.node
		}
		p.run(p.writes)
		m.end()
		m.lock.unlock(p.thread.ID)
		p.writes = p.writes[:0]
	}
	if len(p.reads) > 0 {
		traced := p.asks(len(p.reads))
		m.lock.rlock(p.thread.ID)
		p.has(traced)
		p.run(p.reads)
		m.lock.runlock(p.thread.ID)
		p.reads = p.reads[:0]
	}
}

// asks and has are the probes at the two ends of the wait for the lock.
func (p *Port) asks(ops int) (traced bool) {
	if traced = site.On(site.AtLockBegin) && p.turns.Begins(); traced {
		site.LockBegin(p.node, ops)
	}
	return traced
}

func (p *Port) has(traced bool) {
	if traced {
		site.LockEnd(p.node)
	}
}

func (p *Port) run(places []int) {
	for _, place := range places {
		p.machine.table.Execute(&p.thread.Ops[place], &p.thread.Results[place])
	}
	p.ready = append(p.ready, places...)
}

// Close gives up the thread's place.
func (p *Port) Close() error {
	if n := len(p.reads) + len(p.writes) + len(p.ready) - p.next; n > 0 {
		return fmt.Errorf("close port: %w: collect %d with Next first", combining.ErrOutstanding, n)
	}
	return p.machine.station.Leave(p.thread)
}
