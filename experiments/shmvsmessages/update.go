package shmvsmessages

import (
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// between is how many updates go by between looks at the clock.
const between = 16

// shared is lines that every thread updates itself.
type shared struct {
	lines  []transport.Line
	atomic bool
	clock  *workload.Clock
}

func newShared(lines int, atomic bool) *shared {
	return &shared{lines: transport.Apart[transport.Line](lines), atomic: atomic, clock: workload.ProcessClock()}
}

func (s *shared) job() measure.Job {
	return measure.Job{Work: func(_ int, until uint64) (updates uint64, err error) {
		for s.clock.Ticks() < until {
			for range between {
				s.update()
			}
			updates += between
		}
		return updates, nil
	}}
}

// update adds one to each line. As in the paper, plain stores lose what others
// write between load and store; with atomic, nothing is lost.
func (s *shared) update() {
	for i := range s.lines {
		l := &s.lines[i]
		if !s.atomic {
			l.Store(l.Load() + 1)
			continue
		}
		for v := l.Load(); !l.CompareAndSwap(v, v+1); v = l.Load() {
		}
	}
}

// client is one thread that asks the server.
type client struct {
	_           transport.Pad
	here, there *transport.Channel // the client's end, the server's
	_           transport.Pad      // the server reads those, the client writes these
	sent, done  uint64
	_           transport.Pad
}

// service is lines that thread 0 updates, for the others, who ask it.
type service struct {
	lines   []transport.Line
	clients []client // of threads 1 and up
	window  int
	_       transport.Pad // clients read what is above, thread 0 writes what is below
	served  uint64
	_       transport.Pad
}

const ring = 32 // slots, UMP's default

func newService(lines, threads, window int) (*service, error) {
	s := &service{
		lines: transport.Apart[transport.Line](lines), clients: transport.Apart[client](threads - 1), window: window,
	}
	for i := range s.clients {
		c := &s.clients[i]
		forth, back := transport.Apart[transport.Slot](ring), transport.Apart[transport.Slot](ring)
		var err error
		if c.here, err = transport.NewChannel(forth, back); err != nil {
			return nil, err
		}
		if c.there, err = transport.NewChannel(back, forth); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// job counts updates where they were asked for; thread 0 serves.
func (s *service) job() measure.Job {
	server := func(who int) bool { return who == 0 }
	return experiment.Turns(s.step, func(who int) bool { return !server(who) }, server)
}

func (s *service) step(who int) (uint64, error) {
	if who == 0 {
		return s.serve()
	}
	return s.ask(&s.clients[who-1])
}

// serve answers what has come, from each client in turn.
func (s *service) serve() (served uint64, err error) {
	for i := range s.clients {
		f := s.clients[i].there
		p := f.Receive()
		if p == nil || !f.Credit(1) {
			continue
		}
		for i := range s.lines {
			l := &s.lines[i]
			l.Store(l.Load() + 1)
		}
		s.served++
		f.Fill(0)[0] = p[0]
		f.Send(1)
		f.Release(1)
		served++
	}
	if served > 0 && s.lines[0].Load() != s.served {
		return served, fmt.Errorf("%w: %d updates made the line %d", experiment.ErrWrongAnswer, s.served, s.lines[0].Load())
	}
	return served, nil
}

// ask keeps the client's window full, and takes an answer.
func (s *service) ask(c *client) (uint64, error) {
	for c.sent-c.done < uint64(s.window) && c.here.Credit(1) {
		c.here.Fill(0)[0] = c.sent
		c.here.Send(1)
		c.sent++
	}
	p := c.here.Receive()
	if p == nil {
		return 0, nil
	}
	if p[0] != c.done {
		return 0, fmt.Errorf("%w: answer %d came, want %d", experiment.ErrWrongAnswer, p[0], c.done)
	}
	c.done++
	c.here.Release(1)
	return 1, nil
}
