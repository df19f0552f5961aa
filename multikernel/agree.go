package multikernel

import (
	"fmt"

	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
)

// The messages of an agreement, by the code of their descriptor. Both are about
// one stream, in words 1 to 4 of the first payload:
//
//	codeProposals  down the tree: coordinator | number of the first proposal |
//	               how many | committed up to; the records of the proposals follow
//	codePrepared   up the tree: coordinator | prepared up to, by all below
const (
	codeProposals kernel.Code = 1
	codePrepared  kernel.Code = 2
)

// propose gives an operation the next number of this node's stream.
func (n *Node) propose(op *kernel.Op, to kernel.Origin) {
	e := n.copies.newEntry(op, n.table.Shard(op), to)
	e.op.Data = append(e.op.Data, op.Data...)
	n.prepare(&n.copies.streams[n.id], e)
}

// prepare adds an operation to a stream: from now on its shards' reads wait.
func (n *Node) prepare(s *stream, e *entry) {
	n.enter(e)
	s.entries.push(e)
	s.prepared++
	n.unsettle(s)
}

func (n *Node) unsettle(s *stream) {
	s.unsettled, n.copies.unsettled = true, true
}

// settle sends what is new of all streams, and applies what is committed. It
// is a part of the monitor's turn, so one message speaks for all that a turn
// brought.
func (n *Node) settle() (progress bool) {
	c := n.copies
	c.unsettled = false
	for i := range c.streams {
		if s := &c.streams[i]; s.unsettled {
			s.unsettled = false
			if n.exchangeStream(s) {
				progress = true
			}
		}
	}
	// An operation over the shards of several coordinators may have waited for
	// what another stream applied.
	for again := true; again; {
		again = false
		for i := range c.streams {
			if s := &c.streams[i]; s.applied < s.committed && n.apply(s) {
				again, progress = true, true
			}
		}
	}
	if progress && len(c.scans) > 0 {
		n.tryScans()
	}
	if progress && len(n.tasks.waiting) > 0 {
		n.resume()
	}
	return progress
}

// exchangeStream sends what is new of one stream, as far as there is credit.
func (n *Node) exchangeStream(s *stream) (progress bool) {
	prepared := s.acknowledged()
	if mutant.SpeakForOthers && s.parent >= 0 {
		prepared = s.prepared
	}
	if s.parent < 0 && prepared > s.committed {
		s.committed, progress = prepared, true
	}
	for i := range s.children {
		for ch := &s.children[i]; ch.sent < s.prepared || ch.committed < s.committed; {
			if !n.sendProposals(s, ch) {
				n.unsettle(s) // no credit: again at the next turn
				break
			}
			progress = true
		}
	}
	if s.parent >= 0 && prepared > s.told {
		if n.sendPrepared(s, prepared) {
			progress = true
		} else {
			n.unsettle(s)
		}
	}
	return progress
}

// sendProposals sends a child the next proposals of a stream, as many as a
// message and the credit allow, and how far the stream is committed.
func (n *Node) sendProposals(s *stream, ch *child) bool {
	p := n.peers[ch.node]
	if p.answers.len() > 0 || p.requests.len() > 0 {
		return false // they wait for credit, and were here first
	}
	slots, count := 1, uint64(0)
	for ch.sent+count < s.prepared {
		more := kernel.Payloads(len(s.at(ch.sent + count + 1).op.Data))
		if slots+more > n.largest || !p.channel.Credit(slots+more) {
			break
		}
		slots += more
		count++
	}
	if count == 0 && (ch.committed == s.committed || !p.channel.Credit(1)) {
		return false
	}
	part := 1
	for i := range count {
		e := s.at(ch.sent + 1 + i)
		kernel.EncodeHead(p.channel.Fill(part), &e.op, e.to)
		part++
		for k := range kernel.Payloads(len(e.op.Data)) - 1 {
			kernel.EncodeData(p.channel.Fill(part), e.op.Data, k)
			part++
		}
	}
	*p.channel.Fill(0) = kernel.Payload{
		uint64(kernel.DescribeParts(codeProposals, slots-1, kernel.Origin{Node: uint8(n.id)})),
		uint64(s.coordinator), ch.sent + 1, count, s.committed,
	}
	n.sent(p, slots)
	ch.sent += count
	ch.committed = s.committed
	return true
}

func (n *Node) sendPrepared(s *stream, number uint64) bool {
	p := n.peers[s.parent]
	if p.answers.len() > 0 || p.requests.len() > 0 || !p.channel.Credit(1) {
		return false
	}
	*p.channel.Fill(0) = kernel.Payload{
		uint64(kernel.DescribeParts(codePrepared, 0, kernel.Origin{Node: uint8(n.id)})),
		uint64(s.coordinator), number,
	}
	n.sent(p, 1)
	s.told = number
	return true
}

// receiveAgreement handles one message of an agreement.
func (n *Node) receiveAgreement(p *peer, first *kernel.Payload, d kernel.Descriptor) error {
	if n.copies == nil || first[1] >= uint64(len(n.copies.streams)) {
		return fmt.Errorf("%w: about the stream of node %d", ErrBadMessage, first[1])
	}
	s := &n.copies.streams[first[1]]
	var err error
	switch d.Code() {
	case codeProposals:
		err = n.receiveProposals(p, s, first, d)
	case codePrepared:
		err = n.receivePrepared(p, s, first)
	default:
		err = fmt.Errorf("%w: code %d of an agreement", ErrBadMessage, d.Code())
	}
	p.channel.Release(d.Payloads())
	return err
}

func (n *Node) receiveProposals(p *peer, s *stream, first *kernel.Payload, d kernel.Descriptor) error {
	number, count, committed := first[2], first[3], first[4]
	if s.parent != p.id || number != s.prepared+1 || committed > s.prepared+count {
		return fmt.Errorf("%w: proposals %d to %d of node %d's stream, committed up to %d, after %d",
			ErrBadMessage, number, number+count-1, s.coordinator, committed, s.prepared)
	}
	parts := d.Payloads()
	for at := 1; count > 0; count-- {
		if at >= parts {
			return fmt.Errorf("%w: %d proposals are missing", ErrBadMessage, count)
		}
		head := p.channel.Part(at)
		own := kernel.Descriptor(head[0])
		if own.Check() != nil || own.Step() != kernel.StepExecute || at+own.Payloads() > parts || !n.copies.has[own.Service()] {
			return fmt.Errorf("%w: proposal %#x of node %d's stream", ErrBadMessage, uint64(own), s.coordinator)
		}
		kernel.DecodeHead(head, &n.request)
		e := n.copies.newEntry(&n.request, 0, own.Origin())
		for k := range own.Payloads() - 1 {
			e.op.Data = kernel.DecodeData(e.op.Data, p.channel.Part(at+1+k), own.Len(), k)
		}
		e.shard = n.table.Shard(&e.op)
		at += own.Payloads()
		n.prepare(s, e)
	}
	s.committed = max(s.committed, committed)
	n.unsettle(s)
	return nil
}

func (n *Node) receivePrepared(p *peer, s *stream, first *kernel.Payload) error {
	for i := range s.children {
		if ch := &s.children[i]; ch.node == p.id {
			if first[2] > ch.sent {
				break
			}
			ch.acknowledged = max(ch.acknowledged, first[2])
			n.unsettle(s)
			return nil
		}
	}
	return fmt.Errorf("%w: it has prepared %d of node %d's stream", ErrBadMessage, first[2], s.coordinator)
}
