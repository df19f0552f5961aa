package multikernel

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel/capability"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// ErrBadMessage is the error of a message that no monitor sends.
var ErrBadMessage = errors.New("bad message")

// maxReceive bounds the messages taken from one peer in one turn, so that a
// busy peer does not keep the others waiting.
const maxReceive = 64

// turn is one round of the monitor. The caller holds the station's lock.
func (n *Node) turn() (progress bool) {
	if n.damage != nil {
		return false
	}
	for _, t := range n.station.Threads() {
		for place := t.Take(); place >= 0; place = t.Take() {
			n.route(t, place)
			progress = true
		}
	}
	for _, p := range n.peers {
		if p != nil && n.exchange(p) {
			progress = true
		}
	}
	if n.copies != nil {
		for n.copies.unsettled && n.settle() {
			progress = true
		}
	}
	if n.spaces != nil && n.settleSpaces() {
		progress = true
	}
	if progress {
		n.deliver()
		if site.On(site.AtTurn) {
			site.Turn(n.id, n.turns)
		}
	}
	n.ring(progress)
	if assert.On {
		n.assertTurn()
	}
	return progress
}

// route executes a posted operation here or queues it for its owner.
func (n *Node) route(t *combining.Thread, place int) {
	op := &t.Ops[place]
	if n.replicated(op.Service) {
		n.routeCopy(t, place)
		return
	}
	if n.isSpaces(op.Service) {
		n.routeSpace(t, place)
		return
	}
	shard := n.table.Shard(op)
	if shard == kernel.AllShards {
		n.begin(t, place)
		return
	}
	owner := Owner(shard, len(n.bells))
	if owner == n.id && (n.tasks.idle() || mutant.PastLockedShards) {
		n.table.Execute(op, &t.Results[place])
		n.finish(t, place)
		return
	}
	n.ask(owner, request{step: kernel.StepExecute, thread: t, place: place, to: n.origin(t, place)})
}

// ask has an owner, which may be this node, do what a thread here wants.
func (n *Node) ask(owner int, r request) {
	if owner == n.id {
		if err := n.execute(n.id, r.to, r.step, n.body(owner, &r)); err != nil {
			n.damage = fmt.Errorf("node %d, of its own: %w", n.id, err)
		}
		return
	}
	p := n.peers[owner]
	// A step after the first says nothing that its owner does not know.
	if r.step == kernel.StepCommit || r.step == kernel.StepAbort {
		r.service, r.code = r.thread.Ops[r.place].Service, r.thread.Ops[r.place].Code
	}
	if p.requests.len() > 0 || !n.sendRequest(p, &r) {
		p.requests.push(r)
	}
}

// body returns the operation that a request carries.
func (n *Node) body(owner int, r *request) *kernel.Op {
	switch op := &r.thread.Ops[r.place]; {
	case r.step == kernel.StepCommit || r.step == kernel.StepAbort:
		n.part.Service, n.part.Code, n.part.Data = r.service, r.code, n.part.Data[:0]
	case r.part:
		n.table.Spanning(op).Split(op, &n.owned[owner], &n.part)
	default:
		return op
	}
	return &n.part
}

// exchange takes what came from a peer and sends what waits for it.
func (n *Node) exchange(p *peer) (progress bool) {
	for range maxReceive {
		first := p.channel.Receive()
		if first == nil {
			break
		}
		progress = true
		if err := n.receive(p, first); err != nil {
			n.damage = fmt.Errorf("node %d, message from node %d: %w", n.id, p.id, err)
			return true
		}
	}
	// Answers first: they free windows, requests fill them.
	for p.answers.len() > 0 {
		a := p.answers.front()
		if !n.sendAnswer(p, a.service, a.code, a.to, a.step, &a.result) {
			return progress
		}
		p.answers.pop()
		progress = true
	}
	for p.requests.len() > 0 {
		if !n.sendRequest(p, p.requests.front()) {
			return progress
		}
		p.requests.pop()
		progress = true
	}
	return progress
}

// receive handles one message. A message whose origin is this node is the
// answer to a request of a thread here; any other is a request.
func (n *Node) receive(p *peer, first *kernel.Payload) error {
	d := kernel.Descriptor(first[0])
	if err := d.Check(); err != nil {
		return err
	}
	if site.On(site.AtReceive) {
		site.Receive(n.id, p.id, p.channel.Taken(), d.Payloads())
	}
	if int(d.Origin().Node) == n.id {
		return n.receiveAnswer(p, first, d)
	}
	if int(d.Origin().Node) != p.id {
		return fmt.Errorf("%w: its origin is node %d", ErrBadMessage, d.Origin().Node)
	}
	if d.Step() == kernel.StepAgree && d.Code() >= capability.First {
		return n.receiveSaid(p, first, d)
	}
	if d.Step() == kernel.StepAgree {
		return n.receiveAgreement(p, first, d)
	}
	if mutant.AckBeforeCopy {
		p.channel.Release(d.Payloads())
		p.channel.Receive()
	}
	kernel.DecodeHead(first, &n.request)
	n.request.Data = n.data(p, n.request.Data, d)
	p.channel.Release(d.Payloads())
	return n.execute(p.id, d.Origin(), d.Step(), &n.request)
}

func (n *Node) receiveAnswer(p *peer, first *kernel.Payload, d kernel.Descriptor) error {
	to := d.Origin()
	t := n.station.Thread(int(to.Thread))
	if t == nil || int(to.Place) >= len(t.Results) {
		return fmt.Errorf("%w: an answer for thread %d, place %d, which does not wait", ErrBadMessage, to.Thread, to.Place)
	}
	r := &t.Results[to.Place]
	var x *transaction
	if len(n.transactions) > 0 {
		if x = n.transactions[to]; x != nil {
			r = &n.partial
		}
	}
	kernel.DecodeResultHead(first, r)
	r.Data = n.data(p, r.Data, d)
	p.channel.Release(d.Payloads())
	p.owes--
	if x != nil {
		n.answered(x, p.id, d.Step(), r)
		return nil
	}
	n.finish(t, int(to.Place))
	return nil
}

// data appends the data of the message that is being received.
func (n *Node) data(p *peer, dst []byte, d kernel.Descriptor) []byte {
	for i := 1; i < d.Payloads(); i++ {
		dst = kernel.DecodeData(dst, p.channel.Part(i), d.Len(), i-1)
	}
	return dst
}

func (n *Node) sendRequest(p *peer, r *request) bool {
	op := n.body(p.id, r)
	slots := kernel.Payloads(len(op.Data))
	if !p.channel.Credit(slots) {
		return false
	}
	for i := 1; i < slots; i++ {
		kernel.EncodeData(p.channel.Fill(i), op.Data, i-1)
	}
	head := p.channel.Fill(0)
	kernel.EncodeHead(head, op, r.to)
	if r.step != kernel.StepExecute {
		kernel.EncodeStep(head, r.step)
	}
	n.sent(p, slots)
	if r.step != kernel.StepAbort {
		p.owes++
	}
	return true
}

func (n *Node) sendAnswer(p *peer, s kernel.ServiceID, c kernel.Code, to kernel.Origin, step kernel.Step, r *kernel.Result) bool {
	slots := kernel.Payloads(len(r.Data))
	if !p.channel.Credit(slots) {
		return false
	}
	for i := 1; i < slots; i++ {
		kernel.EncodeData(p.channel.Fill(i), r.Data, i-1)
	}
	head := p.channel.Fill(0)
	kernel.EncodeResultHead(head, s, c, r, to)
	if step != kernel.StepExecute {
		kernel.EncodeStep(head, step)
	}
	n.sent(p, slots)
	return true
}

func (n *Node) sent(p *peer, slots int) {
	if site.On(site.AtSend) {
		site.Send(n.id, p.id, p.channel.Sent(), slots)
	}
	p.channel.Send(slots)
	n.sentTo |= 1 << p.id
}

func (n *Node) finish(t *combining.Thread, place int) {
	t.Finish(place)
	n.finished[t.ID] = true
}

// deliver shows the threads what this turn finished, and wakes those that went
// to sleep while another thread was at it.
func (n *Node) deliver() {
	delivered := false
	for _, t := range n.station.Threads() {
		if n.finished[t.ID] {
			n.finished[t.ID] = false
			t.Deliver()
			delivered = true
		}
	}
	if delivered && n.Bell().Parked() {
		transport.Fence(&n.fence) // what they look for must be out before they are rung
		n.Bell().Ring()
	}
}

// ring wakes the nodes that were sent to and sleep. It waits for an idle turn,
// or for many busy ones, because it must first let the messages out of the
// store buffer: see transport.Bell.
func (n *Node) ring(busy bool) {
	n.turns++
	if n.sentTo == 0 || busy && n.turns%64 != 0 {
		return
	}
	transport.Fence(&n.fence)
	for id, b := range n.bells {
		if n.sentTo>>id&1 != 0 {
			b.Ring()
		}
	}
	n.sentTo = 0
}

// Hurry wakes the nodes whose word for an agreement this one waits for, that
// others may be waiting for. See wake for again.
func (n *Node) Hurry(again bool) {
	if n.copies == nil && n.spaces == nil || !n.station.TryLock() {
		return
	}
	if n.copies != nil {
		n.wake(n.copies.unprepared(), again)
	}
	n.wake(n.spaceWaits(), again)
	n.station.Unlock()
}

// wake wakes nodes, each once until something was sent to it or came from it: else
// nodes that all wait for a dead one would wake each other for ever. Only who has
// slept its time in vain, and was not woken, wakes them again: a node that was about
// to nap may have missed it.
func (n *Node) wake(nodes uint64, again bool) {
	for ; nodes != 0; nodes &= nodes - 1 {
		id := bits.TrailingZeros64(nodes)
		p := n.peers[id]
		if at := p.channel.Sent() + p.channel.Taken() + 1; again || p.woken != at {
			p.woken = at
			n.bells[id].Wake()
		}
	}
}
