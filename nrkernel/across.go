package nrkernel

import (
	"fmt"
	"math/bits"

	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
)

// An operation over several logs stands in each of them, and is executed in all
// of them at once:
//
//	log 0  ──[ w ]──[ whole ]──[ w ]──     the operation, in the first of its logs
//	log 2  ──[ place: 0, index ]──[ w ]──  where it stands in another
//
// A replica stops before it. Whoever then holds the locks of all logs of the node
// brings every log of the operation to it, keeps the readers of all of them out,
// executes the parts, and advances the ctails of all before a reader comes in: who
// sees the effect in one log can miss it in none.
//
// The places of two operations are in one order in all logs that both are in,
// because one node at a time places one (Node.order). So to bring a log to an
// operation means, at most, to execute others first that are before it
// everywhere, and ends.

// spanning is what a node needs for operations over several logs; it is used
// with the locks of all logs held.
type spanning struct {
	merging
	whole   kernel.Op // of another node
	ignored kernel.Result

	// The operation of a thread of this node that is being executed.
	ownLog  int
	ownAt   uint64
	own     *kernel.Op
	ownDone *kernel.Result

	full int // the log that had no room
}

func newSpanning() spanning {
	return spanning{
		merging: newMerging(),
		whole:   kernel.Op{Data: make([]byte, 0, kernel.MaxData)},
		ignored: kernel.NewResults(1)[0],
	}
}

// settleAll brings all logs to their tails.
func (n *Node) settleAll() error {
	for i, r := range n.replicas {
		if err := n.settle(i, r.log.store.Control.Tail.Load()); err != nil {
			return err
		}
	}
	return nil
}

// settle brings a log to an index, or past it.
func (n *Node) settle(log int, to uint64) error {
	for {
		if err := n.replicas[log].catchUp(to); err != errAcross {
			return err
		}
		if err := n.execute(log); err != nil {
			return err
		}
	}
}

// execute executes the operation over several logs that is next in a log, or
// passes its place if it was given up.
func (n *Node) execute(log int) error {
	l := n.replicas[log].log
	d := kernel.DecodeHead(l.store.At(l.applied).Read(), &n.whole)
	if err := l.valid(); err != nil {
		return err
	}
	switch d.Step() {
	case kernel.StepWhole:
		return n.executeWhole(log, d)
	case kernel.StepPlace:
	default:
		return n.damage(log, fmt.Errorf("%w: step %d in a log", kernel.ErrBadRecord, d.Step()))
	}
	first, at := n.whole.Args[0], n.whole.Args[1]
	if first >= uint64(len(n.replicas)) || first == uint64(log) {
		return n.damage(log, fmt.Errorf("%w: an operation in log %d, of %d", kernel.ErrBadRecord, first, len(n.replicas)))
	}
	if err := n.settle(int(first), at); err != nil {
		return err
	}
	f := n.replicas[first].log
	if f.applied == at {
		if err := n.replicas[first].awaitLive(at); err != nil {
			return err
		}
		d := kernel.Descriptor(f.store.At(at).Read()[0])
		if err := f.valid(); err != nil {
			return err
		}
		if d.Step() == kernel.StepWhole {
			return n.executeWhole(int(first), d)
		}
	}
	// Its whole was passed without it: whoever was to publish it died.
	return n.pass(log, l.applied+1)
}

// executeWhole executes the operation that is next in the first of its logs.
func (n *Node) executeWhole(first int, d kernel.Descriptor) error {
	f := n.replicas[first].log
	at := f.applied
	op, mine := &n.whole, n.own != nil && n.ownLog == first && n.ownAt == at
	if mine {
		op = n.own
	} else if _, err := n.readWhole(first, d); err != nil {
		return err
	}
	logs := n.routes.span(op, n.fresh())
	if logs>>first&1 == 0 {
		return n.damage(first, fmt.Errorf("%w: service %d, code %#x is of no shard in this log", kernel.ErrBadRecord, op.Service, uint8(op.Code)))
	}
	for i := range each(logs &^ (1 << first)) {
		if err := n.bring(i, first, at); err != nil {
			return err
		}
	}
	// What was executed before this may have been read to the same memory.
	if !mine {
		if _, err := n.readWhole(first, d); err != nil {
			return err
		}
	}
	n.routes.span(op, n.fresh())
	res := &n.ignored
	if mine {
		res = n.ownDone
	}
	for i := range each(logs) {
		if r := n.replicas[i]; !r.alone() {
			r.readers.Lock(r.station.Threads())
		}
	}
	if mine || !op.Code.IsQuery() {
		n.perform(n, op, res, logs)
	}
	for i := range each(logs) {
		l := n.replicas[i].log
		next := l.applied + 1
		if i == first {
			next = at + uint64(d.Payloads())
		}
		if l.origin = d.Origin().Node; mine {
			l.applied = next
		} else {
			l.passed(next)
		}
		if !mutant.LateSpan || i == first {
			l.complete()
		}
	}
	for i := range each(logs) {
		r := n.replicas[i]
		if assert.On {
			r.log.assertOrder(r.log.applied)
		}
		r.log.store.Replicas[n.id].Applied.Store(r.log.applied)
		r.unlockReaders(r.alone())
	}
	return nil
}

// bring brings a log to the place of the operation that is whole at an index of
// another.
func (n *Node) bring(log, first int, at uint64) error {
	r := n.replicas[log]
	for {
		// The place was published before the whole.
		err := r.catchUp(r.log.store.Control.Tail.Load())
		if err == nil {
			return n.damage(first, fmt.Errorf("%w: the operation has no place in log %d", kernel.ErrBadRecord, log))
		}
		if err != errAcross {
			return err
		}
		p := *r.log.store.At(r.log.applied).Read()
		if err := r.log.valid(); err != nil {
			return err
		}
		if kernel.Descriptor(p[0]).Step() == kernel.StepPlace && p[1] == uint64(first) && p[2] == at {
			return nil
		}
		if err := n.execute(log); err != nil {
			return err
		}
	}
}

// readWhole decodes the operation that is next in a log.
func (n *Node) readWhole(log int, d kernel.Descriptor) (next uint64, err error) {
	l := n.replicas[log].log
	kernel.DecodeHead(l.store.At(l.applied).Read(), &n.whole)
	next, err = l.readData(l.applied, d.Plain(), &n.whole)
	if err == ErrAway {
		return 0, err
	}
	if err != nil {
		return 0, n.damage(log, err)
	}
	return next, nil
}

// pass passes entries of a log that have no effect.
func (n *Node) pass(log int, to uint64) error {
	l := n.replicas[log].log
	l.applied = to
	l.complete()
	if assert.On {
		l.assertOrder(to)
	}
	l.store.Replicas[n.id].Applied.Store(to)
	return nil
}

func (n *Node) damage(log int, err error) error {
	r := n.replicas[log]
	r.damage = fmt.Errorf("replica %d, log %d, index %d: %w", n.id, log, r.log.applied, err)
	return r.damage
}

// each yields the numbers of the bits that are set.
func each(logs uint64) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for ; logs != 0; logs &= logs - 1 {
			if !yield(bits.TrailingZeros64(logs)) {
				return
			}
		}
	}
}

// awaitLive waits until an index that was reserved is published.
func (r *Replica) awaitLive(index uint64) error {
	if r.log.live(index) {
		return nil
	}
	return r.awaitPublished(index)
}
