package channel

import (
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/transport"
)

// end is one thread's side of a talk. Only that thread touches it while a
// sample is taken.
type end struct {
	_     transport.Pad
	flows []flow
	next  uint64 // number of the next message to send
	want  uint64 // number of the next message to come
	at    int    // the channel to look at
	_     transport.Pad
}

// talk is two threads that send each other messages.
type talk struct {
	ends []end
	// window is how many messages the first keeps under way; 0 streams them one
	// way, as many as the ring holds.
	window int
}

// newTalk opens channels of a flow control between two threads.
func newTalk(c control, ring, window, channels int) (*talk, error) {
	t := &talk{ends: transport.Apart[end](2), window: window}
	for range channels {
		a, b, err := c.open(ring)
		if err != nil {
			return nil, err
		}
		t.ends[0].flows = append(t.ends[0].flows, a)
		t.ends[1].flows = append(t.ends[1].flows, b)
	}
	return t, nil
}

// crossed returns the lines that both ends saw cross.
func (t *talk) crossed(c control) (lines uint64) {
	for i := range t.ends {
		for _, f := range t.ends[i].flows {
			lines += c.crossed(f)
		}
	}
	return lines
}

// job returns what the threads do. Messages count where their answer comes
// back, or in a stream where they are received.
func (t *talk) job() measure.Job {
	steps, counting := [2]func(*end) (uint64, error){t.ask, t.answer}, 0
	if t.window == 0 {
		steps, counting = [2]func(*end) (uint64, error){t.send, t.receive}, 1
	}
	return experiment.Turns(
		func(who int) (uint64, error) { return steps[who](&t.ends[who]) },
		func(who int) bool { return who == counting },
		func(who int) bool { return who == 1 },
	)
}

// ask keeps the window full, and takes answers. With several channels each
// message goes over the next one.
func (t *talk) ask(e *end) (answers uint64, err error) {
	for e.next-e.want < uint64(t.window) {
		f := e.flows[e.next%uint64(len(e.flows))]
		if !f.Credit(1) {
			break
		}
		f.Fill(0)[0] = e.next
		f.Send(1)
		e.next++
	}
	f := e.flows[e.want%uint64(len(e.flows))]
	return e.take(f)
}

// take takes the next message of a channel, if it has come.
func (e *end) take(f flow) (uint64, error) {
	p := f.Receive()
	if p == nil {
		return 0, nil
	}
	if p[0] != e.want {
		return 0, fmt.Errorf("%w: message %d came, want %d", experiment.ErrWrongAnswer, p[0], e.want)
	}
	e.want++
	f.Release(1)
	return 1, nil
}

// answer sends the next message back. With several channels it polls one after
// the other, beginning where it was, until one has a message.
func (t *talk) answer(e *end) (uint64, error) {
	for range e.flows {
		f := e.flows[e.at]
		if e.at++; e.at == len(e.flows) {
			e.at = 0
		}
		if p := f.Receive(); p != nil && f.Credit(1) {
			f.Fill(0)[0] = p[0]
			f.Send(1)
			f.Release(1)
			return 1, nil
		}
	}
	return 0, nil
}

// send sends as long as there is credit, which comes with what Receive finds.
func (t *talk) send(e *end) (uint64, error) {
	f := e.flows[0]
	if !f.Credit(1) {
		f.Receive()
		return 0, nil
	}
	f.Fill(0)[0] = e.next
	f.Send(1)
	e.next++
	return 1, nil
}

func (t *talk) receive(e *end) (uint64, error) { return e.take(e.flows[0]) }
