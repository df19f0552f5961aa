package multikernel

import (
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/multikernel/capability"
)

// Capabilities that are not replicated are not dealt out by shard either: each node
// has its own space, and the nodes keep the tree of objects by messages of their own
// (package capability), which travel in the channels beside requests and answers.

// openSpaces makes the node's space, if the table has capabilities.
func (n *Node) openSpaces() {
	if _, err := n.table.Lookup(caps.ID); err != nil || n.replicated(caps.ID) {
		return
	}
	n.spaces = capability.New(n.id, len(n.bells),
		func(to int, m capability.Message) { n.peers[to].said.push(m) },
		func(t capability.Tag, op *kernel.Op, r *kernel.Result) {
			n.reply(t.From, t.To, kernel.StepExecute, op.Service, op.Code, r)
		})
}

// isSpaces reports whether a service is capabilities in spaces.
func (n *Node) isSpaces(s kernel.ServiceID) bool { return n.spaces != nil && s == caps.ID }

// routeSpace asks the node of the space that an operation is about.
func (n *Node) routeSpace(t *combining.Thread, place int) {
	space := caps.PlacesOf(&t.Ops[place]).Space
	if space >= len(n.bells) {
		r := &t.Results[place]
		r.Reset()
		r.Status = kernel.StatusUnsupported
		n.finish(t, place)
		return
	}
	n.ask(space, request{step: kernel.StepExecute, thread: t, place: place, to: n.origin(t, place)})
}

// receiveSaid takes what another node says about capabilities.
func (n *Node) receiveSaid(p *peer, first *kernel.Payload, d kernel.Descriptor) error {
	m := capability.Message{Code: d.Code(), Words: [6]uint64(first[1:])}
	p.channel.Release(d.Payloads())
	if n.spaces == nil {
		return ErrBadMessage
	}
	return n.spaces.Receive(p.id, m)
}

// settleSpaces lets go on what can, and sends what there is to say, as far as there is
// credit.
func (n *Node) settleSpaces() (progress bool) {
	progress, err := n.spaces.Settle()
	if err != nil {
		n.damage = err
		return true
	}
	for _, p := range n.peers {
		for p != nil && p.said.len() > 0 && p.channel.Credit(1) {
			m := p.said.front()
			head := p.channel.Fill(0)
			head[0] = uint64(kernel.DescribeParts(m.Code, 0, kernel.Origin{Node: uint8(n.id)}))
			copy(head[1:], m.Words[:])
			n.sent(p, 1)
			p.said.pop()
			progress = true
		}
	}
	return progress
}

// spaceWaits returns the nodes, one bit each, whose word about capabilities this one
// may wait for.
func (n *Node) spaceWaits() uint64 {
	if n.spaces == nil || !n.spaces.Waits() {
		return 0
	}
	return (1<<len(n.bells) - 1) &^ (1 << n.id)
}

// CheckCapabilities returns what does not hold of the capabilities of all nodes of a
// mesh: see capability.Invariants. Nothing may run meanwhile.
func CheckCapabilities(nodes []*Node) error {
	var all []*capability.Monitor
	for _, n := range nodes {
		if n.spaces != nil {
			all = append(all, n.spaces)
		}
	}
	return capability.Invariants(all, false)
}
