//go:build !nrkern_nohook

package simulate

import (
	"encoding/binary"
	"io"

	"github.com/nrkern/nrkern/kernel"
)

// tagged is a client's port. It gives every operation a tag, in an argument
// that kv does not use, by which the services know it, and sees to it that a
// result is only looked at in order.
type tagged struct {
	kernel.Port
	client *client
}

const tagArg = kernel.MaxArgs - 1

// Start tags the operation and starts it.
func (p *tagged) Start(place int) {
	c := p.client
	c.issued++
	tag := uint64(c.id+1)<<32 | c.issued
	c.tags[place] = tag
	op := &p.Ops()[place]
	op.Args[tagArg] = tag
	c.run.machine.Touch(&c.results[place], true) // the window is the client's to write
	if m := c.run.machine; m.tracing {
		m.note(c, "starts "+describeOp(op))
	}
	p.Port.Start(place)
}

// Next returns the place of an operation that was executed once.
func (p *tagged) Next() (int, error) {
	place, err := p.Port.Next()
	if err != nil {
		return place, err
	}
	c := p.client
	m := c.run.machine
	if place < 0 || place >= len(c.tags) || c.tags[place] == 0 {
		m.fail(FailureAnswer, "%s got an answer at place %d, where it asked nothing", c.name, place)
		panic(unwind{})
	}
	m.Touch(&c.results[place], false)
	op, res := &p.Ops()[place], &p.Results()[place]
	if m.tracing {
		m.note(c, "gets   "+describeOp(op)+" = "+res.Status.String()+", "+decimal(res.Value))
	}
	m.conflict(&c.about, false)
	c.ends = true
	if !c.run.byMessages() && !op.Code.IsQuery() && res.Status != kernel.StatusLost && c.executed[c.tags[place]&(1<<32-1)-1] == 0 {
		m.fail(FailureAnswer, "%s: %s was answered and no node has executed it", c.name, describeOp(op))
	}
	c.tags[place] = 0
	return place, nil
}

// service is a node's service, watched.
type service struct {
	kernel.Spanning
	run   *run
	node  int
	state object
	log   *logWatch // its own, where there are several
	// applied counts operations, begun those too that are being applied, slots their
	// slots in a log.
	applied int
	begun   int
	slots   uint64
}

// Apply executes an operation, under the eyes of the invariants.
func (s *service) Apply(op *kernel.Op, res *kernel.Result) {
	m := s.run.machine
	m.Touch(&s.state, true)
	m.conflict(s.watched(), false)
	s.note(op, res, true)
	s.Spanning.Apply(op, res)
	s.applied++
	s.slots += uint64(kernel.Payloads(len(op.Data)))
}

// Snapshot writes the state, and where it is in the order of operations.
func (s *service) Snapshot(w io.Writer) error {
	s.run.machine.Touch(&s.state, false)
	if err := binary.Write(w, binary.LittleEndian, []uint64{uint64(s.applied), s.slots}); err != nil {
		return err
	}
	return s.Spanning.Snapshot(w)
}

// Restore reads both.
func (s *service) Restore(r io.Reader) error {
	s.run.machine.Touch(&s.state, true)
	var at [2]uint64
	if err := binary.Read(r, binary.LittleEndian, &at); err != nil {
		return err
	}
	s.applied, s.begun, s.slots = int(at[0]), int(at[0]), at[1]
	return s.Spanning.Restore(r)
}

// Query answers a read.
func (s *service) Query(op *kernel.Op, res *kernel.Result) {
	m := s.run.machine
	m.Touch(&s.state, false)
	m.conflict(s.watched(), false)
	s.note(op, res, false)
	if s.run.log != nil {
		s.run.log.queried(s)
	}
	s.Spanning.Query(op, res)
}

// watched is what its operations conflict about with the words of the log.
func (s *service) watched() *subject {
	if s.run.log == nil {
		return nil
	}
	return &s.run.log.about
}

// Merge adds the result of a part to a client's.
func (s *service) Merge(op *kernel.Op, whole, part *kernel.Result) {
	s.touchResult(op, whole)
	s.Spanning.Merge(op, whole, part)
}

// Vote looks at the state.
func (s *service) Vote(op *kernel.Op) kernel.Status {
	s.run.machine.Touch(&s.state, false)
	return s.Spanning.Vote(op)
}

// touchResult notes a write to the result of an operation, if it is one of a
// client's window.
func (s *service) touchResult(op *kernel.Op, res *kernel.Result) {
	tag := op.Args[tagArg]
	if id := int(tag>>32) - 1; id >= 0 && id < len(s.run.clients) {
		c := s.run.clients[id]
		for place := range c.tags {
			if c.tags[place] == tag && res == &c.port.Results()[place] {
				s.run.machine.Touch(&c.results[place], true)
			}
		}
	}
}

// note checks that an operation is one that a client has asked, that it is
// executed once, and that whoever writes its result may.
func (s *service) note(op *kernel.Op, res *kernel.Result, applies bool) {
	r, m := s.run, s.run.machine
	tag, log := op.Args[tagArg], r.log
	if s.log != nil {
		log = s.log
	}
	id, n := int(tag>>32)-1, tag&(1<<32-1)
	if log != nil && applies && !log.inOrder(s, op) {
		return
	}
	if m.running == nil || tag == 0 {
		return // of the lead
	}
	if id < 0 || id >= len(r.clients) || n == 0 || n > r.clients[id].issued {
		m.fail(FailureAnswer, "node %d executes an operation that nobody asked: %s, tag %#x", s.node, describeOp(op), tag)
		return
	}
	c := r.clients[id]
	if applies && (log == nil && !r.at.copies || s.node == c.node) {
		// An operation over several keys has a part at each owner, or in each log.
		m.conflict(&c.about, true)
		parts := 1
		if several := several(op); several && r.at.parts {
			parts = r.Nodes
		} else if several && s.log != nil {
			parts = simulatedLogs
		}
		if c.executed[n-1]++; int(c.executed[n-1]) > parts {
			m.fail(FailureAnswer, "%s of %s is executed twice", describeOp(op), c.name)
		}
	}
	s.touchResult(op, res)
}
