//go:build !nrkern_nohook

package simulate

import (
	"fmt"

	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

const channelRing = transport.MinRing

func layoutChannel(l *transport.Layout, nodes int) error {
	for node := range nodes {
		l.Add(fmt.Sprintf("mesh.from.%d", node), node, channelRing*transport.SlotSize)
	}
	return nil
}

// bootChannel boots two ends of a channel. Each sends numbered messages of one
// or two slots, and must get the other's, all of them and in order.
func bootChannel(r *run) error {
	if err := r.watchRings(channelRing); err != nil {
		return err
	}
	var rings [2][]transport.Slot
	for node := range rings {
		var err error
		if rings[node], err = transport.Slice[transport.Slot](r.memory.keep, fmt.Sprintf("mesh.from.%d", node), 0, channelRing); err != nil {
			return err
		}
	}
	for node := range rings {
		c, err := transport.NewChannel(rings[node], rings[1-node])
		if err != nil {
			return err
		}
		e := &channelEnd{run: r, node: node, channel: c, rx: rings[1-node], random: workload.NewRandom(r.seed, uint64(8+node)), others: workload.NewRandom(r.seed, uint64(9-node))}
		r.addBare(node, fmt.Sprintf("end %d", node), e.converse)
	}
	return nil
}

type channelEnd struct {
	run            *run
	node           int
	channel        *transport.Channel
	rx             []transport.Slot
	random, others workload.Random
	sent, received int
}

// converse sends and receives until both ends have done all.
func (e *channelEnd) converse() {
	c, want := e.channel, e.run.Operations
	n := 1 + int(e.random.Below(2))
	for e.sent < want || e.received < want {
		progress := false
		if e.sent < want && c.Credit(n) {
			for i := range n {
				*c.Fill(i) = transport.Payload{uint64(e.sent), uint64(i), uint64(n)}
			}
			c.Send(n)
			e.sent++
			n = 1 + int(e.random.Below(2))
			progress = true
		}
		if p := c.Receive(); p != nil {
			e.take(p)
			progress = true
		}
		e.check()
		if !progress && (e.sent == want || !c.Credit(n)) { // Receive may have brought credit
			at := c.Position().Received
			s := &e.rx[at%channelRing]
			if h := s.Header(); h>>headerNumberShift != at || h>>headerKindShift&3 == 0 {
				e.run.machine.Wait(s.HeaderWord(), h)
			}
		}
	}
}

func (e *channelEnd) take(first *transport.Payload) {
	n := 1 + int(e.others.Below(2))
	for i := range n {
		p := first
		if i > 0 {
			p = e.channel.Part(i)
		}
		if want := (transport.Payload{uint64(e.received), uint64(i), uint64(n)}); *p != want {
			e.run.machine.fail(FailureAnswer, "end %d receives %v, want part %d of %d of message %d", e.node, *p, i, n, e.received)
		}
	}
	e.channel.Release(n)
	e.received++
}

// check holds the end to what its position must be.
func (e *channelEnd) check() {
	if at := e.channel.Position(); at.Acked > at.Sent || at.Sent-at.Acked > channelRing {
		e.run.machine.fail(FailureInvariant, "end %d has sent %d slots, %d of them acknowledged: a ring has %d", e.node, at.Sent, at.Acked, channelRing)
	}
}
