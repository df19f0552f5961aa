package nrkernel

import (
	"errors"
	"fmt"
	"io"

	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// ErrAway is the error of a node that was passed over and has yet to be rebuilt:
// the logs have gone on without it.
var ErrAway = errors.New("the node was passed over and is not rebuilt yet")

// isMember reports whether a value of LogReplica.Joined is of a replica that holds
// the log to its ltail.
func isMember(joined uint64) bool { return joined&1 == 1 }

// isAway reports whether it is of one that did, and was passed over or fenced.
func isAway(joined uint64) bool { return joined != 0 && !isMember(joined) }

// away reports whether the replica was passed over. It finds out by itself, before
// it can do harm: who looks at this word after it read a slot knows whether that
// was still what it is to apply, and who looks after it reserved slots and made
// its filling visible knows whether a recovery counts with that.
func (l *log) away() bool { return isAway(l.self.Joined.Load()) }

// ltail is the replica's own, as others see it.
func (l *log) ltail() uint64 { return l.self.Applied.Load() }

// leave ends a replica's membership. Whoever waits for its ltail to move looks
// again: it moves, to where it harms nobody. The replica itself may read it, as
// less than it has applied, or write over it.
func leave(words *transport.LogReplica, joined uint64) {
	words.Joined.Swap(joined + 1)
	for {
		at := words.Applied.Load()
		if words.Applied.CompareAndSwap(at, at-1) {
			return
		}
	}
}

// PassOver lets the logs go on without a node that lives but does not move. When it
// is back it finds out, does no harm, and waits to be rebuilt (see Quiesce). If it
// holds a reservation then, the others still wait for that; see Standing. To pass
// over the last node is to lose the state. One caller at a time, and not beside
// Fence or Admit of the same node.
func (l *Logs) PassOver(id int) {
	for _, store := range l.stores {
		words := store.Replicas[id]
		if joined := words.Joined.Load(); isMember(joined) {
			leave(words, joined)
		}
	}
}

// Quiesce keeps all threads of a node that was passed over from its state, until
// Rejoin. It waits until they have found that out. Then another node admits it, and
// Rejoin takes the snapshot.
func (n *Node) Quiesce() {
	n.lockAll(nil)
	for _, r := range n.replicas {
		r.readers.Lock(r.station.Threads())
	}
}

// Rejoin rebuilds a quiesced node from the snapshot that another wrote when it
// admitted it, and lets its threads go on. Operations of theirs that the others
// executed meanwhile are answered kernel.StatusLost. After an error the node is of
// no more use.
func (n *Node) Rejoin(snapshot io.Reader) error {
	for _, r := range n.replicas {
		if err := r.table.Restore(snapshot); err != nil {
			return fmt.Errorf("rebuild node %d: %w", n.id, err)
		}
		r.rejoin()
	}
	for _, r := range n.replicas {
		r.readers.Unlock()
	}
	n.unlockAll()
	return nil
}

// rejoin is for the combiner of a replica whose services have a new state.
func (r *Replica) rejoin() {
	l := r.log
	l.applied, l.own = l.ltail(), newOwnSlots(l.capacity())
	l.look(l.control.Tail.Load())
	r.damage = nil
	if r.own == r.ownEnd {
		return
	}
	r.own = r.ownEnd
	for _, p := range r.batch {
		res := &p.thread.Results[p.place]
		res.Reset()
		res.Status = kernel.StatusLost
	}
	r.handOut()
}

// back waits, after ErrAway, until the node is rebuilt. Other errors it returns.
func (n *Node) back(err error) error {
	if err != ErrAway {
		return err
	}
	for _, r := range n.replicas {
		if err := r.back(ErrAway); err != nil {
			return err
		}
	}
	return nil
}

func (r *Replica) back(err error) error {
	if err != ErrAway {
		return err
	}
	word := &r.log.self.Joined.Word
	w := transport.NewWaiter(r.policy)
	for {
		joined := word.Load()
		if !isAway(joined) {
			return nil
		}
		if w.Patient() && r.stopped() {
			return kernel.ErrStopped
		}
		w.Wait(word, joined)
	}
}

// Standing is where a node stands in a log, for who watches over it.
type Standing struct {
	// Member says that the log waits for the node; Away that it was passed over.
	Member, Away bool
	Applied      uint64 // its ltail
	Lag          uint64 // how far it is behind the tail
	Capacity     uint64 // slots
	// Filling is not 0 while the node holds a reservation, and another number for
	// the next one. Placing says that others wait for it to place an operation over
	// several logs.
	Filling uint64
	Placing bool
}

// Standing may be called at any time, by anybody.
func (l *Logs) Standing(id, log int) Standing {
	store := l.stores[log]
	words := store.Replicas[id]
	joined := words.Joined.Load()
	s := Standing{
		Member: isMember(joined), Away: isAway(joined), Applied: words.Applied.Load(), Filling: words.Filling.Load(),
		Capacity: uint64(len(store.Slots)),
	}
	s.Lag = behind(store.Control.Tail.Load(), s.Applied)
	s.Placing = l.order != nil && l.order.Load() == uint64(id)+1
	return s
}

// Wake wakes the threads of a node, attending or napping, that may sleep while the
// node holds up a log.
func (l *Logs) Wake(id int) { l.stores[0].Replicas[id].Bell.Wake() }

// Admit lets node id join the logs late, in the place of one that has left or was
// fenced: it writes a snapshot of this node's state to w, and from then on no slot
// is used anew that node id has not applied since. The new node is made with the
// snapshot (see Config, Rejoin). If that comes to nothing, fence it.
//
// Operations at this node wait while the snapshot is written.
func (n *Node) Admit(id int, w io.Writer) error {
	if words := n.replicas[0].log.store.Replicas; id < 0 || id >= len(words) || id == n.id {
		return fmt.Errorf("%w: %d: node %d can admit another of 0 to %d", ErrReplica, id, n.id, len(words)-1)
	}
	n.lockAll(nil)
	defer n.unlockAll()
	if err := n.settleAll(); err != nil {
		return fmt.Errorf("admit node %d: %w", id, err)
	}
	for _, r := range n.replicas {
		words := r.log.store.Replicas[id]
		joined := words.Joined.Load()
		if isMember(joined) {
			return fmt.Errorf("%w: %d has joined already", ErrReplica, id)
		}
		// Others may still count with a minimum of the ltails that they looked up
		// before; it is no larger than ours.
		words.Applied.Store(r.log.applied)
		words.Joined.Swap(joined + 1)
		if r.log.away() {
			// Then the log may have gone past us before the other held it.
			words.Joined.Swap(joined + 2)
			return fmt.Errorf("admit node %d: %w", id, ErrAway)
		}
		if err := r.table.Snapshot(w); err != nil {
			return fmt.Errorf("snapshot for node %d: %w", id, err)
		}
	}
	return nil
}

// Fence takes a node that is certain to have died out of the logs, so that the
// others go on. What it had reserved and not published is sealed: slots that have
// no effect. What it had published stays, applied by it or not. It waits for live
// nodes to publish what they had reserved before; live says of a node that it has
// not died meanwhile. One caller at a time.
func (l *Logs) Fence(dead int, live func(id int) bool, policy *transport.Policy) (sealed int, err error) {
	for _, store := range l.stores {
		n, err := fence(store, dead, live, policy)
		sealed += n
		if err != nil {
			return sealed, err
		}
	}
	if l.order != nil {
		// It was placing an operation: nothing of that was published, so all of it
		// is sealed.
		l.order.CompareAndSwap(uint64(dead)+1, 0)
	}
	return sealed, nil
}

func fence(store *transport.LogStore, dead int, live func(id int) bool, policy *transport.Policy) (sealed int, err error) {
	words := store.Replicas[dead]
	joined := words.Joined.Load()
	// Its ltail keeps the log from being used anew beyond it, until it is no longer
	// joined; and what it had not published was beyond.
	from, to := words.Applied.Load(), store.Control.Tail.Load()
	if !isMember(joined) {
		// It was passed over before it died. What it had reserved begins where its
		// filling says, and until that is published nobody passes it.
		filling := words.Filling.Load()
		if filling == 0 {
			return 0, nil
		}
		if from = filling - 1; to-from > uint64(len(store.Slots)) {
			from = to // so it had reserved nothing
		}
	}
	if to-from > uint64(len(store.Slots)) {
		return 0, fmt.Errorf("%w: ltail %d of node %d is more than %d slots from the tail %d", kernel.ErrBadRecord, from, dead, len(store.Slots), to)
	}
	for id, other := range store.Replicas {
		if id == dead || mutant.FenceMembers && !isMember(other.Joined.Load()) { // who was passed over may hold a reservation too
			continue
		}
		w := transport.NewWaiter(policy)
		for {
			filling := other.Filling.Load()
			if filling == 0 || filling > to || !live(id) {
				break
			}
			w.Nap(&other.Filling.Word, filling)
		}
	}
	for at := from; at < to; {
		if s := store.At(at); s.Header() == transport.Generation(at) {
			at += recordLength(s, to-at)
			continue
		}
		seal(store, at)
		sealed++
		at++
	}
	words.Filling.Store(0)
	if isMember(joined) {
		leave(words, joined)
	}
	return sealed, nil
}

// recordLength returns the number of slots of the record that begins at a slot,
// or 1 if that is no record.
func recordLength(s *transport.Slot, most uint64) uint64 {
	d := kernel.Descriptor(s.Read()[0])
	if d.Plain().Check() != nil {
		return 1
	}
	return min(uint64(d.Payloads()), most)
}

// seal publishes a slot as an operation of no service, which has no effect.
func seal(store *transport.LogStore, index uint64) {
	s := store.At(index)
	*s.Fill() = kernel.Payload{}
	s.Publish(transport.Generation(index))
}
