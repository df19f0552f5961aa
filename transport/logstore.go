package transport

import (
	"errors"
	"fmt"
	"math/bits"
)

// MaxReplicas is the number of replicas that one log can have.
const MaxReplicas = 64

// Limits on the number of slots of a log: the smaller holds one longest
// record and a few operations, the larger is 16 GiB.
const (
	MinLogSlots = 64
	MaxLogSlots = 1 << 28
)

// ErrLog is the error of a log that cannot be built as asked.
var ErrLog = errors.New("bad log")

// LogControl holds the words of a log that all replicas write. Each has its
// own line.
type LogControl struct {
	// Tail is the number of slots ever reserved: the next index.
	Tail Line
	// Completed is ctail: every slot below it has been applied by some replica.
	// It covers an entry before anybody can see the entry's effect.
	Completed Line
}

// LogReplica holds the words of a log that one replica writes and the others
// read; it lives on the replica's node.
type LogReplica struct {
	// Applied is ltail: every slot below it has been applied by this replica
	// and will not be read by it again.
	Applied Line
	// Filling is 1 + a lower bound of the index that this replica is about to
	// reserve or fill, and 0 when it holds no reservation. It tells a recovery
	// which slots may still be written.
	Filling Line
	// Joined is odd while the replica holds the log to its ltail: it counts the
	// times that the replica joined and left. 0 is of one that never did.
	Joined Line
	// Bell wakes the replica's helper when the replica holds up the log.
	Bell Bell
}

// LogStore is the storage of one log: a circular array of slots, indexed by a
// 64-bit number that only grows, and the words around it. What they mean and
// who may write them when is package nrkernel's affair.
type LogStore struct {
	Control  *LogControl
	Replicas []*LogReplica
	Slots    []Slot
	mask     uint64
}

// AddLog adds the parts of a log to a layout: control words on node home,
// slots on node home (or spread over all nodes if home is Interleaved), and
// each replica's words on its own node.
func (l *Layout) AddLog(name string, slots, replicas, home int) error {
	return l.AddLogAt(name, slots, replicas, home, max(home, 0))
}

// AddLogAt is AddLog with the control words on a node of their own.
func (l *Layout) AddLogAt(name string, slots, replicas, home, control int) error {
	if slots < MinLogSlots || slots > MaxLogSlots || bits.OnesCount(uint(slots)) != 1 {
		return fmt.Errorf("%w %q: %d slots: want a power of two from %d to %d", ErrLog, name, slots, MinLogSlots, MaxLogSlots)
	}
	if replicas < 1 || replicas > MaxReplicas {
		return fmt.Errorf("%w %q: %d replicas: want 1 to %d", ErrLog, name, replicas, MaxReplicas)
	}
	l.Add(name+".control", control, sizeOf[LogControl]())
	l.Add(name+".slots", home, slots*SlotSize)
	for r := range replicas {
		l.Add(fmt.Sprintf("%s.replica.%d", name, r), r, sizeOf[LogReplica]())
	}
	return nil
}

// OpenLog returns the log that AddLog placed in a segment.
func OpenLog(s *Segment, name string) (*LogStore, error) {
	control, err := View[LogControl](s, name+".control", 0)
	if err != nil {
		return nil, err
	}
	part, err := s.Part(name + ".slots")
	if err != nil {
		return nil, err
	}
	slots, err := Slice[Slot](s, name+".slots", 0, int(part.Size/SlotSize))
	if err != nil {
		return nil, err
	}
	if bits.OnesCount(uint(len(slots))) != 1 {
		return nil, fmt.Errorf("%w %q: %d slots is no power of two: the segment is damaged", ErrLog, name, len(slots))
	}
	store := &LogStore{Control: control, Slots: slots, mask: uint64(len(slots) - 1)}
	for r := 0; ; r++ {
		words, err := View[LogReplica](s, fmt.Sprintf("%s.replica.%d", name, r), 0)
		if errors.Is(err, ErrNoPart) && r > 0 {
			return store, nil
		}
		if err != nil {
			return nil, err
		}
		store.Replicas = append(store.Replicas, words)
	}
}

// At returns the slot of an index.
func (s *LogStore) At(index uint64) *Slot { return &s.Slots[index&s.mask] }

// Continuation is the header of a live slot that continues the record of one
// before it: told apart, so that a recovery does not take data for a record.
func Continuation(index uint64) uint64 { return ^Generation(index) }

// Generation is the header of a live slot: its index + 1, so that zeroed
// memory is not live and an earlier lap's header is not this lap's.
func Generation(index uint64) uint64 { return index + 1 }
