package nrkernel

import (
	"math/bits"

	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// place places an operation in its logs, for a thread of this node, and executes
// it. The caller holds the locks of all logs. With errFull one of them had no
// room, and nothing has happened.
func (n *Node) place(op *kernel.Op, res *kernel.Result, logs uint64, from kernel.Origin) error {
	size := uint64(kernel.Payloads(len(op.Data)))
	first := bits.TrailingZeros64(logs)
	if err := n.settleAll(); err != nil { // so that it is not us who hold a log up
		return err
	}
	for i := range each(logs) {
		if n.replicas[i].log.away() {
			return ErrAway
		}
	}
	var at [MaxLogs]uint64
	if err := n.takeOrder(); err != nil {
		return err
	}
	err := n.reserveIn(logs, first, size, &at)
	n.order.Store(0)
	if err != nil {
		return err
	}
	for i := range each(logs &^ (1 << first)) {
		n.replicas[i].log.writePlace(at[i], op, from, uint64(first), at[first])
		n.replicas[i].log.filled()
	}
	f := n.replicas[first].log
	f.writeWhole(at[first], op, from)
	f.filled()
	f.events.Entries.Add(1)
	n.ownLog, n.ownAt, n.own, n.ownDone = first, at[first], op, res
	err = n.settle(first, at[first]+size)
	n.own, n.ownDone = nil, nil
	if err == ErrAway { // the others execute it
		res.Reset()
		res.Status, err = kernel.StatusLost, nil
	}
	return err
}

// takeOrder makes this node the one that places an operation. Whoever is does
// not wait for anybody.
func (n *Node) takeOrder() error {
	w := transport.NewWaiter(n.policy)
	for !n.order.CompareAndSwap(0, uint64(n.id)+1) {
		if w.Patient() && n.stop.Load() != 0 {
			return kernel.ErrStopped
		}
		if holder := n.order.Load(); holder != 0 {
			w.Wait(&n.order.Word, holder)
		}
	}
	return nil
}

// reserveIn reserves the slots of an operation in all its logs, or none that
// stays: it does not wait for room, which others might make only when they had
// passed what is reserved already.
func (n *Node) reserveIn(logs uint64, first int, size uint64, at *[MaxLogs]uint64) error {
	want := func(i int) uint64 {
		if i == first {
			return size
		}
		return 1
	}
	for i := range each(logs) {
		if !n.replicas[i].log.hasRoom(want(i)) {
			n.full = i
			return errFull
		}
	}
	for i := range each(logs) {
		start, ok := n.replicas[i].log.reserve(want(i))
		if !ok { // somebody was faster
			for k := range each(logs & (1<<i - 1)) {
				n.replicas[k].log.void(at[k], want(k))
				n.replicas[k].log.filled()
			}
			n.full = i
			return errFull
		}
		at[i] = start
	}
	return nil
}

// hasRoom reports whether n slots can be reserved, if nobody is faster.
func (l *log) hasRoom(n uint64) bool {
	tail := l.store.Control.Tail.Load()
	if tail+n > l.lookAt {
		l.look(tail)
	}
	return behind(tail+n, l.minimum) <= l.capacity()
}

// writeWhole publishes an operation over several logs in the first of them.
func (l *log) writeWhole(index uint64, op *kernel.Op, from kernel.Origin) {
	l.writeData(index, op)
	s := l.store.At(index)
	if assert.On {
		l.assertFree(index)
	}
	head := s.Fill()
	kernel.EncodeHead(head, op, from)
	kernel.EncodeStep(head, kernel.StepWhole)
	s.Publish(transport.Generation(index))
}

// writePlace publishes where an operation stands that is whole at an index of
// another log.
func (l *log) writePlace(index uint64, op *kernel.Op, from kernel.Origin, first, at uint64) {
	s := l.store.At(index)
	if assert.On {
		l.assertFree(index)
	}
	*s.Fill() = kernel.Payload{uint64(kernel.Describe(op.Service, op.Code, 0, from).At(kernel.StepPlace)), first, at}
	s.Publish(transport.Generation(index))
}

// void publishes slots as operations of no service: they have no effect.
func (l *log) void(index, n uint64) {
	for at := index; at < index+n; at++ {
		seal(l.store, at)
	}
}
