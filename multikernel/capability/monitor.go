package capability

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// Tag says whose call it is: the kernel it came from, and its origin there.
type Tag struct {
	From int
	To   kernel.Origin
}

// Monitor is one kernel's space, the objects that it has copies of, and its part in
// what is going on.
type Monitor struct {
	node, nodes int
	send        func(to int, m Message)
	finish      func(t Tag, op *kernel.Op, r *kernel.Result)

	slots   []*capability // in ascending order
	objects map[uint64]*object
	// Of calls made here: those that wait for an owner, by number, and those that wait
	// for something here.
	calls  map[uint64]*call
	parked []*call
	// Of objects owned here.
	checks  map[uint64]*check
	revokes map[uint64]*revocation
	// What other kernels are about.
	bans    []*ban
	holds   []hold
	inserts []insertion // that wait

	lastCall, lastCheck, lastRevoke uint64
	commits                         uint64
	own                             []Message // to this kernel itself
	stirred                         bool      // what waits may go on
	result                          kernel.Result
}

// capability is a slot that holds one.
type capability struct {
	number int
	object *object
	pins   int // calls under way that name it: it is not deleted meanwhile
	// leaving: a delete of it waits for the owner's turn. Whoever else wants it waits.
	leaving bool
}

// object is what one kernel knows of an object that it has a copy of.
type object struct {
	id uint64
	caps.Region
	slots  []*capability // the copies here
	owner  int
	mine   bool // this kernel owns it
	coming bool // this kernel will own it
	remote bool // copies, or copies of descendants, may be elsewhere

	// Of the owner, or of who will be.
	holders uint64 // kernels that have copies, this one too
	dropped uint64 // who said that it has none while the ownership was on its way
	task    *task  // what it is at
	queue   []request
}

// New returns the monitor of a node. It calls send for every message to another
// kernel, in order, and finish when a call is answered.
func New(node, nodes int, send func(to int, m Message), finish func(t Tag, op *kernel.Op, r *kernel.Result)) *Monitor {
	m := &Monitor{
		node: node, nodes: nodes, send: send, finish: finish,
		objects: map[uint64]*object{}, calls: map[uint64]*call{},
		checks: map[uint64]*check{}, revokes: map[uint64]*revocation{},
		result: kernel.NewResults(1)[0],
	}
	if node == rootOwner {
		m.objects[rootID] = &object{id: rootID, Region: caps.Root(), mine: true, remote: nodes > 1, holders: 1}
	}
	return m
}

// The root is owned by a kernel and has no capability.
const (
	rootID    = 0
	rootOwner = 0
)

// Begin starts a call on this kernel's space. Settle goes on with it.
func (m *Monitor) Begin(op *kernel.Op, t Tag) {
	c := &call{op: kernel.Op{Service: op.Service, Code: op.Code, Args: op.Args}, tag: t}
	m.stirred = true
	m.attempt(c)
}

// Receive takes a message from another kernel, or from this one.
func (m *Monitor) Receive(from int, msg Message) error {
	m.stirred = true
	w := &msg.Words
	var err error
	switch msg.Code {
	case codeRequest:
		err = m.requested(w)
	case codeReply:
		err = m.replied(w[0], kernel.Status(w[1]), w[2])
	case codeQuery:
		m.queried(from, w)
	case codeAnswer:
		err = m.answered(from, w[0], w[1] != 0)
	case codeIsOver:
		m.isOver(from, w[0])
	case codeOver:
		m.over(from, w[0])
	case codeInsert:
		m.inserts = append(m.inserts, insertion{from, w[0], int(w[1]), region(w[2], w[3])})
	case codeInserted:
		err = m.inserted(from, w[0], kernel.Status(w[1]))
	case codeMark:
		m.mark(&ban{from: from, number: w[1], id: w[0], region: region(w[2], w[3]), keeper: int(w[4] >> 32), slot: int(w[4] & 0xffffffff)})
	case codeReady:
		err = m.ready(from, w[0])
	case codeCommit:
		err = m.commit(from, w[0], w[1] != 0, w[2], w[3])
	case codeDone:
		err = m.done(from, w[0], w[1])
	case codeWillYou:
		m.willYou(from, w[0])
	case codeWill:
		err = m.will(from, w[0], w[1] != 0)
	case codeUpdate:
		m.update(from, w[0], int(w[1]))
	case codeUpdated:
		err = m.updated(from, w[0])
	case codeGrant:
		err = m.grant(w[0], w[1])
	case codeDrop:
		m.drop(from, w[0])
	default:
		err = fmt.Errorf("%w: %s", ErrBadMessage, Called(msg.Code))
	}
	if err != nil {
		return fmt.Errorf("%s from node %d: %w", Called(msg.Code), from, err)
	}
	return nil
}

// Settle lets go on what can, and reports whether anything did.
func (m *Monitor) Settle() (progress bool, err error) {
	for m.stirred || len(m.own) > 0 {
		progress = true
		for len(m.own) > 0 {
			msg := m.own[0]
			m.own = m.own[:copy(m.own, m.own[1:])]
			if err := m.Receive(m.node, msg); err != nil {
				return progress, err
			}
		}
		m.stirred = false
		m.settleInserts()
		if err := m.settleBans(); err != nil {
			return progress, err
		}
		waiting := m.parked
		m.parked = nil
		for _, c := range waiting {
			m.attempt(c)
		}
	}
	return progress, nil
}

// Waits reports whether this kernel waits for a word of another.
func (m *Monitor) Waits() bool {
	if len(m.calls)+len(m.checks)+len(m.revokes)+len(m.bans)+len(m.inserts) > 0 {
		return true
	}
	for _, o := range m.objects {
		if o.coming || o.task != nil {
			return true
		}
	}
	return false
}

// tell sends a message, to this kernel too.
func (m *Monitor) tell(to int, c kernel.Code, words ...uint64) {
	msg := Message{Code: c}
	copy(msg.Words[:], words)
	if to == m.node {
		m.own = append(m.own, msg)
		return
	}
	m.send(to, msg)
}

// others returns all kernels but this one, a bit each.
func (m *Monitor) others() uint64 { return (1<<m.nodes - 1) &^ (1 << m.node) }

// tellAll sends a message to some kernels, the lowest first.
func (m *Monitor) tellAll(to uint64, c kernel.Code, words ...uint64) {
	for n := range m.nodes {
		if to>>n&1 != 0 {
			m.tell(n, c, words...)
		}
	}
}

func (m *Monitor) at(number int) (int, bool) {
	return slices.BinarySearchFunc(m.slots, number, func(c *capability, n int) int { return cmp.Compare(c.number, n) })
}

func (m *Monitor) slot(number int) *capability {
	if i, found := m.at(number); found {
		return m.slots[i]
	}
	return nil
}

// put makes a capability of an object in a slot that is empty.
func (m *Monitor) put(number int, o *object) {
	c := &capability{number: number, object: o}
	i, _ := m.at(number)
	m.slots = slices.Insert(m.slots, i, c)
	o.slots = append(o.slots, c)
	m.objects[o.id] = o
	m.stirred = true
}

// empty empties a slot. An object without a copy here is forgotten.
func (m *Monitor) empty(c *capability) {
	if i, found := m.at(c.number); found {
		m.slots = slices.Delete(m.slots, i, i+1)
	}
	o := c.object
	o.slots = slices.DeleteFunc(o.slots, func(other *capability) bool { return other == c })
	if len(o.slots) == 0 {
		delete(m.objects, o.id)
	}
	m.stirred = true
}

// Digest returns the digest of the space: the sum over all kernels, at rest, is the
// digest of the same state under another structure.
func (m *Monitor) Digest() (sum uint64) {
	for _, c := range m.slots {
		sum += m.info(c).Digest(m.node)
	}
	return sum
}

func (m *Monitor) info(c *capability) caps.Info {
	return caps.Info{Slot: c.number, Region: c.object.Region, Owner: c.object.mine}
}
