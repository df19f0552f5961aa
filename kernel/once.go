package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// OnceID is the service of calls that are executed once however often they are
// asked: the last of all IDs, and no service that a definition can have beside it.
const OnceID ServiceID = 255

// Limits of what is remembered.
const (
	// MaxCallers is how many callers are remembered, in each table: those that
	// were first heard of last.
	MaxCallers = 4096
	// onceArgs is how many arguments a call can have that is executed once.
	onceArgs = MaxArgs - 3
)

// Once returns the operation that executes op unless the caller has asked it by
// this number before, anywhere: then it answers what it answered then. A caller
// numbers its calls from 1, in order, one outstanding at a time. False if op cannot
// be asked so: it only reads and needs no care, or has too many arguments.
func Once(caller, number uint64, op Op) (Op, bool) {
	for _, a := range op.Args[onceArgs:] {
		if a != 0 {
			return op, false
		}
	}
	if op.Code.IsQuery() || op.Service == OnceID {
		return op, false
	}
	asked := Op{Service: OnceID, Code: op.Code, Data: op.Data}
	asked.Args[0], asked.Args[1], asked.Args[2] = caller, number, uint64(op.Service)
	copy(asked.Args[3:], op.Args[:onceArgs])
	return asked, true
}

// Asked returns the service that an operation is for in the end, and its first
// argument there.
func Asked(op *Op) (s ServiceID, first uint64) {
	if op.Service == OnceID {
		return ServiceID(op.Args[2]), op.Args[3]
	}
	return op.Service, op.Args[0]
}

// unwrap makes inner the operation that is asked once.
func unwrap(op, inner *Op) {
	s, _ := Asked(op)
	*inner = Op{Service: s, Code: op.Code, Data: op.Data}
	copy(inner.Args[:onceArgs], op.Args[3:])
}

// once remembers the last call of each caller, and what it answered: the memory is
// part of the state, and of snapshots, so a call that was cut off can be made again
// at any node.
type once struct {
	table   *Table
	answers map[uint64]*answered
	order   []uint64 // callers, those that were heard of first first
	inner   Op
}

type answered struct {
	number, value uint64
	status        Status
	data          []byte
}

// ErrOnce is the error of a snapshot of remembered calls that is none.
var ErrOnce = errors.New("bad snapshot of remembered calls")

// Remember adds the service OnceID to the table: calls that are executed once.
func (t *Table) Remember() {
	o := &once{table: t, answers: map[uint64]*answered{}}
	d := &Definition{ID: OnceID, Name: "once", New: func() Service { return o }, Check: o.check}
	t.definitions[OnceID], t.services[OnceID] = d, o
	t.order = append(t.order, OnceID)
}

func (o *once) check(op *Op) Status {
	var inner Op
	if unwrap(op, &inner); inner.Service == OnceID || op.Code.IsQuery() || op.Args[1] == 0 {
		return StatusInvalid
	}
	return o.table.Check(&inner)
}

// Apply executes a call, or answers what it answered before.
func (o *once) Apply(op *Op, res *Result) {
	caller, number := op.Args[0], op.Args[1]
	a := o.answers[caller]
	if a == nil {
		a = new(answered)
		o.remember(caller, a)
	}
	switch {
	case number == a.number:
		res.Status, res.Value, res.Data = a.status, a.value, append(res.Data[:0], a.data...)
	case number < a.number:
		res.Status = StatusInvalid // it has had the answers to later ones
	default:
		unwrap(op, &o.inner)
		o.table.Execute(&o.inner, res)
		*a = answered{number: number, value: res.Value, status: res.Status, data: append(a.data[:0], res.Data...)}
	}
}

func (o *once) remember(caller uint64, a *answered) {
	if len(o.order) == MaxCallers {
		delete(o.answers, o.order[0])
		o.order = append(o.order[:0], o.order[1:]...)
	}
	o.order = append(o.order, caller)
	o.answers[caller] = a
}

// A call over several shards is remembered in parts: each place that has some of its
// shards executes its part once, and remembers what that answered. The parts of one
// call are executed in all places or in none.

var _ Spanning = (*once)(nil)

// Span adds the shards of what is asked to a set.
func (o *once) Span(op *Op, set *ShardSet) {
	var inner Op
	unwrap(op, &inner)
	o.table.Span(&inner, set)
}

// Split makes a part of what is asked, to be executed once.
func (o *once) Split(op *Op, set *ShardSet, part *Op) {
	var inner Op
	unwrap(op, &inner)
	of := Op{Data: part.Data[:0]}
	if s := o.table.Spanning(&inner); s != nil {
		s.Split(&inner, set, &of)
	}
	*part = *op
	part.Data = of.Data
	copy(part.Args[3:], of.Args[:onceArgs])
}

// Vote answers StatusOK for a part that was executed before.
func (o *once) Vote(part *Op) Status {
	if a := o.answers[part.Args[0]]; a != nil && part.Args[1] <= a.number {
		return StatusOK
	}
	var inner Op
	unwrap(part, &inner)
	if s := o.table.Spanning(&inner); s != nil {
		return s.Vote(&inner)
	}
	return StatusInvalid
}

// Merge merges as what is asked does.
func (o *once) Merge(op *Op, whole, part *Result) {
	var inner Op
	unwrap(op, &inner)
	if s := o.table.Spanning(&inner); s != nil {
		s.Merge(&inner, whole, part)
	}
}

// Query is never called: what only reads is not remembered.
func (o *once) Query(_ *Op, res *Result) { res.Status = StatusInvalid }

// Shards is as many as any service may have: a call is of the shard of what it asks.
func (o *once) Shards() int { return MaxShards }

// Shard returns the shard of what is asked.
func (o *once) Shard(op *Op) int {
	var inner Op
	if unwrap(op, &inner); inner.Service == OnceID {
		return 0
	}
	return o.table.Shard(&inner)
}

// Snapshot writes what is remembered: the number of callers, then for each, in
// order, its number, the call's, the status, the value, and the data by its length.
func (o *once) Snapshot(w io.Writer) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(o.order)))
	for _, caller := range o.order {
		a := o.answers[caller]
		for _, v := range []uint64{caller, a.number, uint64(a.status), a.value, uint64(len(a.data))} {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		b = append(b, a.data...)
	}
	_, err := w.Write(b)
	return err
}

// Restore reads it.
func (o *once) Restore(r io.Reader) error {
	var n uint64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return fmt.Errorf("%w: %w", ErrOnce, err)
	}
	if n > MaxCallers {
		return fmt.Errorf("%w: of %d callers, at most %d are remembered", ErrOnce, n, MaxCallers)
	}
	o.answers, o.order = map[uint64]*answered{}, nil
	for range n {
		var v [5]uint64
		if err := binary.Read(r, binary.LittleEndian, &v); err != nil {
			return fmt.Errorf("%w: %w", ErrOnce, err)
		}
		if v[4] > MaxData || o.answers[v[0]] != nil {
			return fmt.Errorf("%w: caller %#x, %d bytes of data", ErrOnce, v[0], v[4])
		}
		a := &answered{number: v[1], status: Status(v[2]), value: v[3], data: make([]byte, v[4])}
		if _, err := io.ReadFull(r, a.data); err != nil {
			return fmt.Errorf("%w: %w", ErrOnce, err)
		}
		o.remember(v[0], a)
	}
	return nil
}

// Digest is 0: what is remembered depends on who called, and structures that need
// not remember have the same state otherwise.
func (o *once) Digest() uint64 { return 0 }
