package multikernel

import "github.com/nrkern/nrkern/internal/assert"

// The assertions of a monitor: see package assert.

// assertTurn holds after a turn, if nothing that came was damaged.
func (n *Node) assertTurn() {
	if n.damage != nil {
		return
	}
	for _, p := range n.peers {
		if p != nil && p.owes < 0 {
			assert.Fail("node %d: node %d has answered %d requests more than it got", n.id, p.id, -p.owes)
		}
	}
	for _, x := range n.transactions {
		if x.owes < 0 || x.locked>>x.asked&1 != 0 {
			assert.Fail("node %d: a transaction waits for %d commits, has locked %#x, and asks node %d", n.id, x.owes, x.locked, x.asked)
		}
	}
	n.assertLocks()
	if n.copies == nil {
		return
	}
	for i := range n.copies.streams {
		n.assertStream(&n.copies.streams[i])
	}
}

// assertLocks: no shard is locked by two.
func (n *Node) assertLocks() {
	for i, t := range n.tasks.locked {
		for _, other := range n.tasks.locked[:i] {
			if t.op.Service == other.op.Service && t.shards.Meets(&other.shards) {
				assert.Fail("node %d: a shard is locked by node %d, thread %d and by node %d, thread %d", n.id, t.to.Node, t.to.Thread, other.to.Node, other.to.Thread)
			}
		}
	}
}

// assertStream: applied <= committed <= prepared, here and as others were told, and
// a node speaks for what is below it only when that has spoken.
func (n *Node) assertStream(s *stream) {
	all := s.acknowledged()
	if s.applied > s.committed || s.committed > s.prepared || uint64(s.entries.len()) != s.prepared-s.applied ||
		s.told > all || s.parent < 0 && s.committed > all {
		assert.Fail("node %d, stream of node %d: prepared %d (of all below: %d, told above: %d), committed %d, applied %d, and %d entries",
			n.id, s.coordinator, s.prepared, all, s.told, s.committed, s.applied, s.entries.len())
	}
	for _, ch := range s.children {
		if ch.acknowledged > ch.sent || ch.sent > s.prepared || ch.committed > s.committed {
			assert.Fail("node %d, stream of node %d: node %d was sent %d of %d, has acknowledged %d, and was told of %d commits of %d",
				n.id, s.coordinator, ch.node, ch.sent, s.prepared, ch.acknowledged, ch.committed, s.committed)
		}
	}
}
