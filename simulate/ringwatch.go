//go:build !nrkern_nohook

package simulate

import (
	"fmt"

	"github.com/nrkern/nrkern/transport"
)

// A channel's header, as package transport documents it.
const (
	headerNumberShift = 18
	headerKindShift   = 16
	headerKindNext    = 2 // a continuation, whose header nobody looks at
	headerKindAck     = 3
)

// ringSlot is what is known of a slot of a ring.
type ringSlot struct {
	from int    // node that writes it
	at   int    // place in its ring
	seen uint64 // latest header that another node has loaded
	read bool   // another node has read the payload since the last header
}

// watchRings holds the rings of a mesh to their flow control: a slot is written
// anew, in turn, only after the other end has taken what it held.
func (r *run) watchRings(ring int) error {
	m := r.machine
	written := func(e commit) { e.place.ring.written(m, e, ring) }
	for node := range r.Nodes {
		part, err := r.memory.keep.Part(fmt.Sprintf("mesh.from.%d", node))
		if err != nil {
			return err
		}
		all, err := transport.Slice[transport.Slot](r.memory.keep, part.Name, 0, int(part.Size)/transport.SlotSize)
		if err != nil {
			return err
		}
		slots := make([]ringSlot, len(all))
		for i := range all {
			p := r.memory.at(all[i].HeaderWord(), node)
			slots[i] = ringSlot{from: node, at: i % ring}
			p.ring, p.watchLoad, p.watch = &slots[i], true, written
		}
	}
	m.loads = func(c *core, p *place, v uint64) {
		if s := p.ring; c.node != s.from {
			s.seen = v
		}
	}
	m.reads = func(c *core, p *place) {
		if s := p.ring; c.node != s.from {
			s.read = true
		}
	}
	return nil
}

func (s *ringSlot) written(m *Machine, e commit, ring int) {
	kind, number := e.before>>headerKindShift&3, e.before>>headerNumberShift
	if kind != 0 && (kind != headerKindNext && s.seen != e.before || kind != headerKindAck && !s.read) {
		m.fail(FailureInvariant, "%s: message slot %d is overwritten before the other end has taken it: credit was negative", m.memory.nameOf(e.place), number)
	}
	if e.core != nil && e.core.node != s.from {
		m.fail(FailureInvariant, "%s is written by node %d", m.memory.nameOf(e.place), e.core.node)
	}
	if e.isPayload {
		return
	}
	after, wanted := e.after>>headerNumberShift, uint64(s.at)
	if kind != 0 {
		wanted = number + uint64(ring)
	}
	if after != wanted || e.after>>headerKindShift&3 == 0 {
		m.fail(FailureInvariant, "%s: its header says message slot %d, want %d", m.memory.nameOf(e.place), after, wanted)
	}
	s.read = false
}
