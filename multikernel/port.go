package multikernel

import (
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// Port is one thread's way into a node. It implements kernel.Port.
type Port struct {
	_       transport.Pad
	node    *Node
	thread  *combining.Thread
	fresh   int // posted since the monitor last ran for this thread
	eager   int // with this many fresh ones, send before collecting more
	refused []int
	calls   site.Calls
	_       transport.Pad
}

var _ kernel.Port = (*Port)(nil)

// NewPort adds a thread with a window of outstanding operations.
func (n *Node) NewPort(window int) (*Port, error) {
	t, err := n.station.Join(window)
	if err != nil {
		return nil, err
	}
	return &Port{node: n, thread: t, eager: max(1, window/4), refused: transport.Apart[int](window)[:0]}, nil
}

// Ops returns the operations of the window.
func (p *Port) Ops() []kernel.Op { return p.thread.Ops }

// Results returns the results of the window.
func (p *Port) Results() []kernel.Result { return p.thread.Results }

// Start starts the operation at a place of the window.
func (p *Port) Start(place int) {
	op := &p.thread.Ops[place]
	if site.On(site.AtCallBegin) {
		p.calls.Begin(p.node.id, p.thread.ID, place, uint8(op.Service), uint8(op.Code), op.Args[0])
	}
	if s := p.node.table.Check(op); s != kernel.StatusOK {
		r := &p.thread.Results[place]
		r.Reset()
		r.Status = s
		p.refused = append(p.refused, place)
		return
	}
	p.thread.Post(place)
	p.fresh++
}

// Next returns the place of a finished operation.
func (p *Port) Next() (int, error) {
	if n := len(p.refused); n > 0 {
		place := p.refused[n-1]
		p.refused = p.refused[:n-1]
		p.calls.End(place)
		return place, nil
	}
	if p.thread.Outstanding() == 0 {
		return -1, kernel.ErrIdle
	}
	if p.fresh >= p.eager {
		p.send()
	}
	if place := p.thread.Collect(); place >= 0 {
		p.calls.End(place)
		return place, nil
	}
	place, err := p.wait()
	if err == nil {
		p.calls.End(place)
	}
	return place, err
}

// send takes a turn as the monitor, or leaves it to the thread that is at it.
func (p *Port) send() {
	p.thread.Publish()
	p.fresh = 0
	p.turn()
}

// turn takes a turn as the monitor, and rouses the node's attending thread.
func (p *Port) turn() (progress bool) {
	n := p.node
	if !n.station.Enter(p.thread) {
		return false
	}
	n.station.Worked()
	progress = n.turn()
	n.station.Exit(p.thread)
	p.rouse()
	return progress
}

// rouse tells the node's attending thread, if it sleeps, that this one was at
// work: what it has sent it may have rung nobody for, and what came since then it
// may have passed over.
func (p *Port) rouse() {
	if p.node.station.Rouse() {
		p.node.Bell().Ring()
	}
}

// wait takes turns until an operation of this thread has finished.
func (p *Port) wait() (int, error) {
	n := p.node
	p.thread.Publish()
	p.fresh = 0
	w := transport.NewWaiter(n.policy)
	again := false // the last sleep ended by itself
	for {
		progress := p.turn()
		if place := p.thread.Collect(); place >= 0 {
			return place, nil
		}
		if progress {
			w.Reset()
			continue
		}
		if w.Patient() {
			if n.stop.Load() != 0 {
				return -1, kernel.ErrStopped
			}
			if err := p.failed(); err != nil {
				return -1, err
			}
		}
		if !w.Sleepy() {
			w.Pause()
			continue
		}
		p.hurry(again)
		ticket := n.Bell().Announce()
		// Who is at it now may have delivered our answer and looked for sleepers
		// before we announced: its stores are plain. A later one sees us.
		if !mutant.SleepPastMonitor {
			n.station.AwaitFree()
		}
		progress, err := n.Serve()
		if err != nil {
			n.Bell().Withdraw(ticket)
			return -1, err
		}
		if place := p.thread.Collect(); place >= 0 {
			n.Bell().Withdraw(ticket)
			p.rouse() // this turn was its last
			return place, nil
		}
		if progress {
			n.Bell().Withdraw(ticket)
			continue
		}
		again = !n.Bell().Sleep(ticket, n.policy.SleepMax)
	}
}

// failed returns the damage that the monitor met.
func (p *Port) failed() error {
	n := p.node
	if !n.station.Enter(p.thread) {
		return nil
	}
	defer n.station.Exit(p.thread)
	return n.damage
}

// hurry wakes the nodes that have owed an answer for long: their threads may
// have stopped polling, and their attending threads nap. See Node.wake for again.
func (p *Port) hurry(again bool) {
	n := p.node
	if !n.station.Enter(p.thread) {
		return
	}
	var late uint64
	for _, peer := range n.peers {
		if peer != nil && peer.owes > 0 {
			late |= 1 << peer.id
		}
	}
	if n.copies != nil {
		late |= n.copies.uncommitted() | n.copies.unprepared()
	}
	n.wake(late|n.spaceWaits(), again)
	n.station.Exit(p.thread)
}

// Close gives up the thread's place.
func (p *Port) Close() error {
	if len(p.refused) > 0 {
		return fmt.Errorf("close port: %w: collect %d with Next first", combining.ErrOutstanding, len(p.refused))
	}
	return p.node.station.Leave(p.thread)
}
