package biglock

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// ErrNode is the error of a node that the machine does not have.
var ErrNode = errors.New("no such node")

// Config is what a Machine needs besides its services.
type Config struct {
	// Kind is the lock.
	Kind Kind
	// Nodes is the number of nodes whose threads will call.
	Nodes int
	// Policy says how threads wait.
	Policy *transport.Policy
	// Stop is a word that becomes non-zero when the machine stops; Next then
	// returns kernel.ErrStopped. Nil for a machine that never stops.
	Stop *transport.Word
}

// Machine is the services and the lock around them.
type Machine struct {
	_       transport.Pad
	table   *kernel.Table
	lock    lock
	policy  *transport.Policy
	stop    *transport.Word
	station *combining.Station
	holder  int // node that held the lock last; guarded by the write side
	writer  assert.Turn
	nodes   []nodeTraffic
	_       transport.Pad
}

// nodeTraffic is counted by whoever of the node holds the lock for writing.
type nodeTraffic struct {
	lockLines [transport.MaxReplicas]transport.Counter // by the node that held it before
	_         transport.Pad
}

// New makes a machine.
func New(table *kernel.Table, c Config) (*Machine, error) {
	if c.Nodes < 1 || c.Nodes > transport.MaxReplicas {
		return nil, fmt.Errorf("%w: a machine of %d nodes: want 1 to %d", ErrNode, c.Nodes, transport.MaxReplicas)
	}
	if c.Stop == nil {
		c.Stop = new(transport.Word)
	}
	if c.Policy == nil {
		c.Policy = &transport.Goroutines
	}
	m := &Machine{
		table: table, policy: c.Policy, stop: c.Stop, station: combining.NewStation(c.Policy),
		nodes: make([]nodeTraffic, c.Nodes),
	}
	var err error
	if m.lock, err = newLock(c.Kind, m); err != nil {
		return nil, err
	}
	return m, nil
}

// Traffic returns what a node saw cross to it: the hand-overs of the lock from
// another node to a writer of this one. The lines that the lock guards move
// with it and are not counted; nor are readers.
func (m *Machine) Traffic(node int) transport.Traffic {
	var t transport.Traffic
	for from := range m.nodes {
		t.LockLines += m.nodes[node].lockLines[from].Load()
	}
	return t
}

// HandOvers returns a node's column of the traffic matrix: the hand-overs of
// the lock, by the node that had held it.
func (m *Machine) HandOvers(node int) []transport.HandOver {
	f := transport.Flow{To: node}
	for from := range m.nodes {
		f.Add(from, transport.CauseLock, m.nodes[node].lockLines[from].Load())
	}
	return f.Cells
}

// Digest returns the digest of the services. The index is 0: there is no log.
func (m *Machine) Digest() (digest, index uint64, err error) {
	t, err := m.station.Join(1)
	if err != nil {
		return 0, 0, err
	}
	m.lock.lock(t.ID)
	m.begin()
	digest = m.table.Digest()
	m.end()
	m.lock.unlock(t.ID)
	return digest, 0, m.station.Leave(t)
}

func (m *Machine) begin() {
	if assert.On {
		assert.Begin(&m.writer, "writer of the big lock")
	}
}

func (m *Machine) end() {
	if assert.On {
		assert.End(&m.writer, "writer of the big lock")
	}
}
