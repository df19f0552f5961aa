package multikernel

import (
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel/capability"
	"github.com/nrkern/nrkern/transport"
)

// Config is what a Node needs besides its mesh and services.
type Config struct {
	// ID is the node's number.
	ID int
	// Policy says how its threads wait.
	Policy *transport.Policy
	// Replicated are the services of which every node has a copy. All others are
	// partitioned.
	Replicated []kernel.ServiceID
	// Tree is how agreements on copies travel; empty for what suits the Shape,
	// which says how far the nodes are from each other. The zero Shape stands for
	// a flat machine.
	Tree  Tree
	Shape Shape
	// RingSlots is the number of slots of each channel of a mesh that AddMeshApart
	// laid out; 0 for one that AddMesh did.
	RingSlots int
	// Stop is a word that becomes non-zero when the machine stops; calls that
	// wait then return kernel.ErrStopped. Nil for a machine that never stops.
	Stop *transport.Word
}

// Node is one kernel of a multikernel.
type Node struct {
	_       transport.Pad
	id      int
	table   *kernel.Table
	station *combining.Station
	policy  *transport.Policy
	stop    *transport.Word
	bells   []*transport.Bell
	owned   []kernel.ShardSet // by node

	// The monitor's.
	peers    []*peer         // by node; nil at the node's own place
	request  kernel.Op       // received
	answer   kernel.Result   // to a request
	span     kernel.ShardSet // of an operation that begins
	part     kernel.Op       // of an operation over several owners, to be sent
	partial  kernel.Result   // of such a part, received
	tasks    tasks
	sentTo   uint64 // nodes that were sent to since their bells were last looked at
	turns    uint64
	fence    transport.Word
	finished []bool // by thread: has results to deliver
	// transactions are the operations over several owners that threads here wait for.
	transactions map[kernel.Origin]*transaction
	spare        []*transaction
	damage       error
	copies       *copies             // of replicated services; nil if there are none
	spaces       *capability.Monitor // nil if there are no capabilities, or copies of them
	largest      int                 // slots of the longest message of an agreement
	_            transport.Pad
}

var _ combining.Server = (*Node)(nil)

// peer is another node as the monitor sees it.
type peer struct {
	_       transport.Pad
	id      int
	channel *transport.Channel
	// requests are posted operations that wait for credit, answers are results
	// that do. There are never more of either than the windows of the threads
	// allow.
	requests queue[request]
	answers  queue[answer]
	said     queue[capability.Message] // about capabilities
	owes     int                       // answers to requests that were sent
	woken    uint64                    // 1 + the sum of the channel's cursors when it was last woken for being late
	_        transport.Pad
}

// request is what a thread here wants of an owner. The thread waits at the
// place until it is answered, except for an abort, which is not.
type request struct {
	step    kernel.Step
	part    bool // of an operation over several owners
	thread  *combining.Thread
	place   int
	to      kernel.Origin
	service kernel.ServiceID // these two for a commit or an abort
	code    kernel.Code
}

type answer struct {
	service kernel.ServiceID
	code    kernel.Code
	to      kernel.Origin
	step    kernel.Step
	result  kernel.Result
}

// Open opens node c.ID of the mesh in a segment, over the services whose
// shards it will own. The table's services must be empty.
func Open(s *transport.Segment, table *kernel.Table, c Config) (*Node, error) {
	channels, bells, err := openMesh(s, c.ID, c.RingSlots)
	if err != nil {
		return nil, err
	}
	if c.Stop == nil {
		c.Stop = new(transport.Word)
	}
	if c.Policy == nil {
		c.Policy = &transport.Goroutines
	}
	n := &Node{
		id: c.ID, table: table, policy: c.Policy, stop: c.Stop, bells: bells,
		station:  combining.NewStation(c.Policy),
		peers:    make([]*peer, len(bells)),
		request:  kernel.Op{Data: make([]byte, 0, kernel.MaxData)},
		answer:   kernel.NewResults(1)[0],
		part:     kernel.Op{Data: make([]byte, 0, kernel.MaxData)},
		partial:  kernel.NewResults(1)[0],
		finished: make([]bool, combining.MaxThreads),

		transactions: make(map[kernel.Origin]*transaction),
		owned:        make([]kernel.ShardSet, len(bells)),
	}
	for shard := range kernel.MaxShards {
		n.owned[Owner(shard, len(bells))].Add(shard)
	}
	for id, c := range channels {
		if c != nil {
			n.peers[id] = &peer{id: id, channel: c}
		}
	}
	if len(c.Replicated) > 0 {
		if n.copies, err = n.newCopies(c); err != nil {
			return nil, err
		}
	}
	n.openSpaces()
	return n, nil
}

// ID returns the node's number.
func (n *Node) ID() int { return n.id }

// Bell returns what rings when a message waits and nobody polls.
func (n *Node) Bell() *transport.Bell { return n.bells[n.id] }

// Station returns where the node's threads meet.
func (n *Node) Station() *combining.Station { return n.station }

// Serve takes a turn as the monitor, unless a thread of the node is at it, and
// reports whether there was anything to do.
func (n *Node) Serve() (progress bool, err error) {
	if !n.station.TryLock() {
		return false, nil
	}
	progress = n.turn()
	err = n.damage
	n.station.Unlock()
	return progress, err
}

// Traffic returns what the node saw cross between nodes.
func (n *Node) Traffic() transport.Traffic {
	var t transport.Traffic
	for _, p := range n.peers {
		if p == nil {
			continue
		}
		c := p.channel
		t.Messages += c.Messages.Load()
		t.Acks += c.Acks.Load()
		t.MessageLines += c.SlotsIn() + c.SlotsReused()
	}
	return t
}

// HandOvers returns the node's column of the traffic matrix: the lines that it
// took, by peer and cause.
func (n *Node) HandOvers() []transport.HandOver {
	f := transport.Flow{To: n.id}
	for _, p := range n.peers {
		if p == nil {
			continue
		}
		c := p.channel
		parts, acks, all := c.PartsIn.Load(), c.AcksIn.Load(), c.SlotsIn()
		f.Add(p.id, transport.CauseMessage, all-min(parts+acks, all))
		f.Add(p.id, transport.CausePayload, parts)
		f.Add(p.id, transport.CauseAck, acks)
		f.Add(p.id, transport.CauseReuse, c.SlotsReused())
	}
	return f.Cells
}

// Positions returns where the node's channels stand, by peer.
func (n *Node) Positions() map[int]transport.Position {
	n.station.Lock()
	defer n.station.Unlock()
	at := map[int]transport.Position{}
	for _, p := range n.peers {
		if p != nil {
			at[p.id] = p.channel.Position()
		}
	}
	return at
}

// digestTurns bounds the turns before a digest of a copy, while others write.
const digestTurns = 1000

// Digest returns the digest of the shards that the node owns: the sum over all
// nodes is the digest of the services. Of services of which it has a copy it is
// that of the copy; the index is the number of operations applied to copies, so
// that those of one index compare. It is 0 if there are none.
func (n *Node) Digest() (digest, index uint64, err error) {
	n.station.Lock()
	defer n.station.Unlock()
	if n.copies != nil {
		for try := 0; try < digestTurns && n.turn(); try++ { // what came is applied first
		}
		index = n.copies.applied
	}
	digest = n.table.Digest()
	if n.spaces != nil {
		digest += n.spaces.Digest()
	}
	return digest, index, n.damage
}
