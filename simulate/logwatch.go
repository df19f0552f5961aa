//go:build !nrkern_nohook

package simulate

import (
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
)

// logWatch holds the words of a log to the invariants of package nrkernel, at
// every change of one of them.
type logWatch struct {
	run   *run
	store *transport.LogStore
	size  uint64
	first int32    // line of slot 0
	owner []int16  // by slot: 1 + node that reserved its latest index
	order []uint64 // tags, as applied
	lens  []int    // payloads of each

	// about is what changes of its words conflict about, and the executions of
	// operations with them.
	about subject

	// sealed counts the slots that a recovery wrote.
	sealed uint64
	// For a recovery: after a death, the tail then, and whether every live
	// replica has said that it fills nothing below.
	deadTail uint64
	settled  bool
}

func watchLog(r *run, store *transport.LogStore) *logWatch {
	w := &logWatch{run: r, store: store, size: uint64(len(store.Slots)), owner: make([]int16, len(store.Slots))}
	at := func(word *transport.Word) *place {
		p := r.memory.at(word, 0)
		p.watched = &w.about
		return p
	}
	at(&store.Control.Tail.Word).watch = w.tail
	at(&store.Control.Completed.Word).watch = w.ctail
	for id, rep := range store.Replicas {
		at(&rep.Joined.Word)
		at(&rep.Applied.Word).watch = func(e commit) { w.ltail(id, e) }
		at(&rep.Filling.Word).watch = func(commit) { w.recovery() }
	}
	for i := range store.Slots {
		p := at(store.Slots[i].HeaderWord())
		if i == 0 {
			w.first = p.segment
		}
		p.watch = w.slot
	}
	return w
}

func (w *logWatch) fail(format string, args ...any) {
	w.run.machine.fail(FailureInvariant, format, args...)
}

func (w *logWatch) node(e commit) int {
	if e.core == nil {
		return w.run.machine.home
	}
	return e.core.node
}

// lowest returns the smallest ltail.
func (w *logWatch) lowest() uint64 {
	low := ^uint64(0)
	for _, rep := range w.store.Replicas {
		if w.value(&rep.Joined.Word)&1 == 1 {
			low = min(low, w.value(&rep.Applied.Word))
		}
	}
	return low
}

// value reads memory, past all buffers.
func (w *logWatch) value(word *transport.Word) uint64 { return *w.run.memory.at(word, 0).word }

func (w *logWatch) tail(e commit) {
	if e.after <= e.before || !e.exchange {
		w.fail("tail goes from %d to %d", e.before, e.after)
		return
	}
	if low := w.lowest(); e.after > low+w.size {
		w.fail("slots up to %d are reserved, while a replica has applied %d and the log has %d", e.after, low, w.size)
		return
	}
	for i := e.before; i < e.after; i++ {
		w.owner[i%w.size] = int16(w.node(e) + 1)
	}
	rep := w.store.Replicas[w.node(e)]
	if f := w.value(&rep.Filling.Word); e.core != nil && (f == 0 || f-1 > e.before) {
		w.fail("replica %d reserves slots from %d on, and its filling says %d: a recovery would take them for a dead one's", w.node(e), e.before, f)
	}
}

func (w *logWatch) ctail(e commit) {
	switch tail := w.value(&w.store.Control.Tail.Word); {
	case e.after < e.before:
		w.fail("ctail goes back from %d to %d", e.before, e.after)
	case e.after > tail:
		w.fail("ctail is %d, beyond the tail, %d", e.after, tail)
	}
	most := uint64(0)
	for _, s := range w.run.services {
		most = max(most, s.slots)
	}
	if e.after > most+w.sealed {
		w.fail("ctail is %d, and no replica has applied more than %d slots", e.after, most)
	}
}

func (w *logWatch) ltail(id int, e commit) {
	if joined := w.value(&w.store.Replicas[id].Joined.Word); joined&1 == 0 || e.core != nil && e.core.node != id {
		return // of one that does not count any more, or not yet
	}
	switch ctail := w.value(&w.store.Control.Completed.Word); {
	case e.after < e.before:
		w.fail("ltail of replica %d goes back from %d to %d", id, e.before, e.after)
	case e.after > ctail:
		w.fail("ltail of replica %d is %d, beyond ctail, %d", id, e.after, ctail)
	case e.after > w.run.services[id].slots+w.sealed:
		w.fail("ltail of replica %d is %d, and it has applied %d slots", id, e.after, w.run.services[id].slots)
	}
}

// slot watches what is written to the slots.
func (w *logWatch) slot(e commit) {
	at := uint64(e.place.segment - w.first)
	tail := w.value(&w.store.Control.Tail.Word)
	if tail <= at {
		w.fail("slot %d is written, which nobody has reserved", at)
		return
	}
	index := (tail-1-at)/w.size*w.size + at // the latest index of the slot
	if w.run.recovery != nil && e.core == w.run.recovery.core {
		w.seal(e, at, index)
		return
	}
	if w.run.recovery != nil && !e.isPayload && e.after == transport.Generation(index) && w.store.At(index) != nil && w.run.memory.at(w.store.At(index).HeaderWord(), 0).payload[0] == 0 {
		w.sealed++ // it gave up what it had reserved
	}
	after, before := indexOf(e.after), indexOf(e.before)
	switch node := w.node(e); {
	case w.owner[at] != int16(node+1):
		w.fail("replica %d writes log index %d, which replica %d has reserved", node, index, w.owner[at]-1)
	case e.isPayload && e.after == transport.Generation(index):
		w.fail("the payload of log index %d is written after its header", index)
	case !e.isPayload && after != index:
		w.fail("log index %d gets the header %d", index, e.after)
	case !e.isPayload && e.before != 0 && before+w.size != after:
		w.fail("log index %d gets its header while the slot holds index %d", index, before)
	case index >= w.size && w.lowest() <= index-w.size:
		w.fail("log index %d is written over index %d, and a replica has applied only %d", index, index-w.size, w.lowest())
	case w.settled && index < w.deadTail:
		w.fail("log index %d is written by replica %d after every live replica's filling said that all below %d are published or a dead one's", index, node, w.deadTail)
	}
	w.recovery()
}

// seal watches what a recovery writes to the slots.
func (w *logWatch) seal(e commit, at, index uint64) {
	switch owner := int(w.owner[at]) - 1; {
	case !w.run.machine.isDead(owner):
		w.fail("log index %d is sealed, and replica %d, which reserved it, lives", index, owner)
	case e.before == transport.Generation(index):
		w.fail("log index %d is sealed, and was published", index)
	case !e.isPayload:
		w.sealed++
	}
}

// indexOf returns the index that a header is of.
func indexOf(header uint64) uint64 {
	if header > 1<<63 { // of a slot that continues a record
		return ^header - 1
	}
	return header - 1
}

// forget forgets the order of what only dead nodes have applied: they may have
// applied what then was lost in their store buffers, and so was never published.
func (w *logWatch) forget() {
	most := 0
	for _, s := range w.run.services {
		if !w.run.machine.isDead(s.node) && (s.log == nil || s.log == w) {
			most = max(most, s.begun)
		}
	}
	w.order, w.lens = w.order[:min(most, len(w.order))], w.lens[:min(most, len(w.lens))]
}

// died takes the tail at the time of a death.
func (w *logWatch) died(node int) {
	w.forget()
	if w.store == nil {
		return
	}
	w.run.machine.death(node, &w.about)
	w.deadTail, w.settled = w.value(&w.store.Control.Tail.Word), false
	w.recovery()
}

// recovery looks whether a recovery could seal now: when every live replica's
// filling is clear or not below the tail at the death, what lacks its
// generation is a dead one's.
func (w *logWatch) recovery() {
	m := w.run.machine
	if m.died == 0 || w.settled {
		return
	}
	for id, rep := range w.store.Replicas {
		if f := w.value(&rep.Filling.Word); !m.isDead(id) && f != 0 && f-1 < w.deadTail {
			return
		}
	}
	w.settled = true
	from := uint64(0)
	if w.deadTail > w.size {
		from = w.deadTail - w.size
	}
	for i := from; i < w.deadTail; i++ {
		lacks := w.value(w.store.At(i).HeaderWord()) < transport.Generation(i)
		if lacks && !m.isDead(int(w.owner[i%w.size])-1) {
			w.fail("log index %d lacks its header and replica %d, which reserved it, lives: a recovery would seal it", i, w.owner[i%w.size]-1)
		}
	}
}

// inOrder sees to it that all replicas apply the same operations in the same
// order.
func (w *logWatch) inOrder(s *service, op *kernel.Op) bool {
	tag, n := op.Args[tagArg], kernel.Payloads(len(op.Data))
	if w.run.machine.isDead(s.node) {
		return false // on its way to its next access
	}
	s.begun = s.applied + 1
	if s.applied == len(w.order) {
		w.order, w.lens = append(w.order, tag), append(w.lens, n)
		return true
	}
	if w.order[s.applied] != tag || w.lens[s.applied] != n {
		w.run.machine.fail(FailureInvariant, "replica %d applies %s (tag %#x) as its operation %d, where another applied tag %#x",
			s.node, describeOp(op), tag, s.applied, w.order[s.applied])
		return false
	}
	return true
}

// queried sees to it that nothing is visible that ctail does not cover.
func (w *logWatch) queried(s *service) {
	if w.run.machine.running == nil || w.store == nil {
		return
	}
	if ctail := w.value(&w.store.Control.Completed.Word); s.slots > ctail {
		w.fail("a read at node %d sees %d slots applied, and ctail covers %d", s.node, s.slots, ctail)
	}
}

// isDead reports whether a node\'s kernel has died.
func (m *Machine) isDead(node int) bool { return node >= 0 && m.dead>>node&1 != 0 }

func describeOp(op *kernel.Op) string {
	name := map[kernel.Code]string{
		kv.CodeGet: "get", kv.CodeGetBytes: "get-bytes", kv.CodeGetAny: "get-any", kv.CodePut: "put", kv.CodePutBytes: "put-bytes",
		kv.CodeInsert: "insert", kv.CodeDelete: "delete", kv.CodeCompareAndSwap: "cas", kv.CodeAdd: "add",
		kv.CodePutMany: "put-many", kv.CodeScan: "scan", kv.CodeSize: "size",
	}[op.Code]
	if op.Service != kv.ID {
		return describeOther(op)
	}
	return name + " " + decimal(op.Args[0])
}
