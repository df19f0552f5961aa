package multikernel

import "github.com/nrkern/nrkern/kernel"

// A stream is the operations that one coordinator orders, as one node sees
// them. Each has a number, counted from 1, and goes through the same three
// states everywhere:
//
//	applied   <= committed   <= prepared
//	applied: this copy shows it
//	         committed: all copies have it, so any may show it
//	                       prepared: this copy has it, and keeps reads of its
//	                       shards waiting
//
// Proposals and commits go down the coordinator's tree, acknowledgements up:
// cumulative numbers all of them, so that one message speaks for many operations
// when many are outstanding.
type stream struct {
	coordinator int
	parent      int // -1 at the coordinator itself
	children    []child
	entries     queue[*entry] // those from applied+1 to prepared
	prepared    uint64
	committed   uint64
	applied     uint64
	told        uint64 // the number that was acknowledged to the parent
	unsettled   bool   // there may be something to send or to apply
}

// child is a node below this one in the tree of a stream.
type child struct {
	node         int
	sent         uint64 // the number up to which it was sent proposals
	committed    uint64 // up to which it was told of commits
	acknowledged uint64 // up to which all below it have prepared
}

// entry is an operation of a stream that this copy does not show yet.
type entry struct {
	op kernel.Op // with data of its own
	to kernel.Origin
	// ticket is its turn at the gate of its shard; an operation over several
	// shards has one for each, in the order of the shards.
	shard   int // or AllShards
	ticket  uint64
	shards  kernel.ShardSet
	tickets []uint64
	skip    bool // a query: only its caller's node executes it
}

// StreamPosition is where a node's copy stands in the operations that one
// coordinator orders. Operations are counted from the stream's beginning.
type StreamPosition struct {
	Coordinator int    `json:"coordinator"`
	Prepared    uint64 `json:"prepared"`
	Committed   uint64 `json:"committed"`
	Applied     uint64 `json:"applied"`
}

// Copies returns where the node's copies stand, by coordinator; nil if no
// service is replicated.
func (n *Node) Copies() []StreamPosition {
	n.station.Lock()
	defer n.station.Unlock()
	if n.copies == nil {
		return nil
	}
	var at []StreamPosition
	for i := range n.copies.streams {
		s := &n.copies.streams[i]
		at = append(at, StreamPosition{s.coordinator, s.prepared, s.committed, s.applied})
	}
	return at
}

// acknowledged returns the number up to which this node and all below it have
// prepared.
func (s *stream) acknowledged() uint64 {
	least := s.prepared
	for i := range s.children {
		least = min(least, s.children[i].acknowledged)
	}
	return least
}

// unprepared returns the nodes, one bit each, below this one that have not said
// that they prepared what they were sent.
func (c *copies) unprepared() (nodes uint64) {
	for i := range c.streams {
		s := &c.streams[i]
		for k := range s.children {
			if s.children[k].acknowledged < s.prepared {
				nodes |= 1 << s.children[k].node
			}
		}
	}
	return nodes
}

// uncommitted returns the nodes above this one that have not told it what became
// of what it has prepared.
func (c *copies) uncommitted() (nodes uint64) {
	for i := range c.streams {
		if s := &c.streams[i]; s.parent >= 0 && s.committed < s.prepared {
			nodes |= 1 << s.parent
		}
	}
	return nodes
}

// at returns the entry of a number above applied.
func (s *stream) at(number uint64) *entry {
	return *s.entries.at(int(number - s.applied - 1))
}
