package nrkernel

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// ErrReplica is the error of a replica that the log has no place for.
var ErrReplica = errors.New("no such replica")

// Config is what a Replica needs besides its log and services.
type Config struct {
	// ID is the replica's number in the log: its node.
	ID int
	// Policy says how its threads wait.
	Policy *transport.Policy
	// Snapshot is what Node.Admit wrote for this node, if it joins late: the state
	// of the services at its ltails. Nil for the state of the logs' beginning.
	Snapshot io.Reader
	// LazyFrom is the number of slots of a log from which on an idle replica of it
	// is brought up to date only when it holds up much of the log, or is called; 0
	// means DefaultLazyFrom.
	LazyFrom int
	// Phases is where the node says what it is about; nil for nowhere.
	Phases *PhaseWords
	// Stop is a word that becomes non-zero when the machine stops; calls that
	// wait then return kernel.ErrStopped. Nil for a machine that never stops.
	Stop *transport.Word
}

// DefaultLazyFrom is the size of a log that takes longer to fill by half than an
// idle thread takes to wake (80 us, and 0.1 us a slot), with room to spare.
const DefaultLazyFrom = 4096

// Replica is one node's copy of the services, kept up to date from the log.
type Replica struct {
	_       transport.Pad
	log     *log
	table   *kernel.Table
	station *combining.Station
	readers *combining.ReaderLock
	policy  *transport.Policy
	stop    *transport.Word
	// peers are the other replicas of this process, if there are any: a
	// combiner that finds the log full replays the idle ones itself.
	peers []*Replica
	// lazy says that nobody follows the log here but for those who call or wait.
	lazy bool
	// serving is where Serve is to bring a lazy replica before it rests; its
	// caller's.
	serving uint64
	// node has the replicas of the other logs, if there are several.
	node *Node

	// The combiner's.
	combiner *combining.Thread // nil when it is no thread of the node
	batch    []posted
	// own to ownEnd is where the batch is in the log, while it is there and a
	// combiner left before it was applied; else they are equal.
	own, ownEnd uint64
	foreign     kernel.Op
	ignored     kernel.Result
	damage      error
	batches     site.Joint
	appends     site.Joint
	replays     site.Joint
	_           transport.Pad
}

var (
	_ combining.Server  = (*Replica)(nil)
	_ combining.Sleeper = (*Replica)(nil)
)

// posted is an operation of the batch that is being combined.
type posted struct {
	thread *combining.Thread
	place  int
}

// Prepare readies the words of a fresh log: every replica holds the log to its
// ltail from now on, so that none that boots late has missed an entry. Whoever
// creates the log calls it before any replica is opened.
func Prepare(store *transport.LogStore) {
	for _, r := range store.Replicas {
		r.Joined.Store(1)
	}
}

// NewReplica opens a replica of a log over a node's services, which must be in
// the state of the log's beginning.
func NewReplica(store *transport.LogStore, table *kernel.Table, c Config) (*Replica, error) {
	if c.ID < 0 || c.ID >= len(store.Replicas) {
		return nil, fmt.Errorf("%w: %d: the log was made for %d", ErrReplica, c.ID, len(store.Replicas))
	}
	if c.Stop == nil {
		c.Stop = new(transport.Word)
	}
	if c.Policy == nil {
		c.Policy = &transport.Goroutines
	}
	l := newLog(store, c.ID)
	return &Replica{
		log: l, table: table, policy: c.Policy, stop: c.Stop, lazy: l.capacity() >= uint64(cmp.Or(c.LazyFrom, DefaultLazyFrom)),
		station: combining.NewStation(c.Policy),
		readers: combining.NewReaderLock(c.Policy),
		batch:   make([]posted, 0, min(l.maxBatch(), maxBatchOps)),
		foreign: kernel.Op{Data: make([]byte, 0, kernel.MaxData)},
		ignored: kernel.NewResults(1)[0],
	}, nil
}

// ID returns the replica's number.
func (r *Replica) ID() int { return r.log.id }

// Events returns the replica's counters of what its log went through.
func (r *Replica) Events() *Events { return r.log.events }

// Traffic returns what the replica saw cross between nodes.
func (r *Replica) Traffic() transport.Traffic {
	e := r.log.events
	t := transport.Traffic{
		LogBatches: e.Batches.Load(), LogEntries: e.Entries.Load(), LogSlots: e.Slots.Load(), EntryLines: e.Reused.Load(),
	}
	for from := range e.Foreign {
		t.EntryLines += e.Foreign[from].Load()
		t.ControlLines += e.Control[from].Load()
	}
	return t
}

// HandOvers returns the replica's column of the traffic matrix: the lines that
// it took, by the replica that had them, and by cause. Who had a reused slot, or
// ctail, can be told with two replicas only.
func (r *Replica) HandOvers() []transport.HandOver {
	l, e := r.log, r.log.events
	f := transport.Flow{To: l.id}
	name := func(from int) int {
		if from == unknown {
			return transport.Somewhere
		}
		return from
	}
	for from := range e.Foreign {
		parts, all := e.Parts[from].Load(), e.Foreign[from].Load()
		f.Add(name(from), transport.CauseEntry, all-min(parts, all))
		f.Add(name(from), transport.CausePayload, parts)
		f.Add(name(from), transport.CauseControl, e.Control[from].Load())
	}
	f.Add(name(int(l.other())), transport.CauseReuse, e.Reused.Load())
	return f.Cells
}

// Bell returns what rings when the replica holds up the log. Whoever serves an
// idle replica sleeps on it and calls Serve (see combining.Attend).
func (r *Replica) Bell() *transport.Bell { return r.log.bells[r.log.id] }

// Station returns where the node's threads meet.
func (r *Replica) Station() *combining.Station { return r.station }

// Serve replays the log to its tail, unless a combiner is at work, and reports
// whether there was anything to replay. Where the replica is lazy, it does nothing
// before a quarter of the log is to be replayed, and then a part of it at a time: a
// writer sees its ltail move.
func (r *Replica) Serve() (progress bool, err error) {
	to, due := r.due()
	if !due || r.log.away() || !r.station.TryLock() {
		return false, nil
	}
	before := r.log.applied
	if r.lazy {
		to = min(to, before+r.log.capacity()/advanceShare)
	} else {
		to = r.log.control.Tail.Load()
	}
	err = r.catchUp(to)
	progress = r.log.applied != before
	r.station.Unlock()
	if err == ErrAway {
		err = nil // whoever rebuilds it will have it catch up
	}
	return progress, err
}

// Sleeps reports whether nobody need look after the replica before it is rung for:
// combiners ring at half of the log, and it is replayed from a quarter on.
func (r *Replica) Sleeps() bool { return r.lazy }

// lazyShare is the share of the log that a lazy replica may be behind.
const lazyShare = 4

// due returns how far Serve is to replay, and whether it is to.
func (r *Replica) due() (to uint64, due bool) {
	at := r.log.ltail()
	if behind(r.serving, at) > 0 {
		return r.serving, true
	}
	tail := r.log.control.Tail.Load()
	if !r.lazy {
		return tail, at != tail
	}
	if behind(tail, at) <= r.log.capacity()/lazyShare {
		return tail, false
	}
	r.serving = tail
	return tail, true
}

// advance replays a part of what the replica is behind, for a peer that waits
// for room: a bounded part, because one operation of the peer pays for it.
func (r *Replica) advance() error {
	if !r.station.TryLock() {
		return nil
	}
	err := r.catchUp(r.advanceTo())
	r.station.Unlock()
	if err == ErrAway {
		return nil
	}
	return err
}

func (r *Replica) advanceTo() uint64 {
	return min(r.log.applied+r.log.capacity()/advanceShare, r.log.control.Tail.Load())
}

// advanceShare is the share of a log that advance replays at most: 2,048 slots
// of a log of the default size.
const advanceShare = 16

// Positions is where a log and a replica stand, for `nrkern status`. Indices
// count slots from the log's beginning.
type Positions struct {
	Tail      uint64 `json:"tail"`
	Completed uint64 `json:"ctail"`
	Applied   uint64 `json:"ltail"`
	Capacity  uint64 `json:"capacity_slots"`
}

// Positions may be called at any time. The words are read one after the other,
// smallest first, so that their order holds in what it returns.
func (r *Replica) Positions() Positions {
	s := r.log.store
	applied := r.log.ltail()
	completed := s.Control.Completed.Load()
	return Positions{Applied: applied, Completed: completed, Tail: s.Control.Tail.Load(), Capacity: r.log.capacity()}
}

// Digest replays to the tail and returns the digest of the services, and the
// index it is of. Replicas that are asked at one index give one digest.
func (r *Replica) Digest() (digest, index uint64, err error) {
	r.station.Lock()
	defer r.station.Unlock()
	if err := r.catchUp(r.log.control.Tail.Load()); err != nil {
		return 0, 0, err
	}
	return r.table.Digest(), r.log.applied, nil
}

func (r *Replica) stopped() bool { return r.stop.Load() != 0 }
