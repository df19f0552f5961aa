package nrkernel

import (
	"fmt"
	"io"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// Admit lets node id join the logs late, in the place of one that has left or was
// fenced: it writes a snapshot of this node's state to w, and from then on no slot
// is used anew that node id has not applied since. The new node is made with the
// snapshot (see Config). If that comes to nothing, fence it.
//
// Operations at this node wait while the snapshot is written.
func (n *Node) Admit(id int, w io.Writer) error {
	if words := n.replicas[0].log.store.Replicas; id < 0 || id >= len(words) || id == n.id {
		return fmt.Errorf("%w: %d: node %d can admit another of 0 to %d", ErrReplica, id, n.id, len(words)-1)
	}
	n.lockAll(nil)
	defer n.unlockAll()
	if err := n.settleAll(); err != nil {
		return err
	}
	for _, r := range n.replicas {
		// Others may still count with a minimum of the ltails that they looked up
		// before; it is no larger than ours.
		words := r.log.store.Replicas[id]
		words.Applied.Store(r.log.applied)
		words.Joined.Swap(1)
		if err := r.table.Snapshot(w); err != nil {
			return fmt.Errorf("snapshot for node %d: %w", id, err)
		}
	}
	return nil
}

// Joined reports whether a node holds the logs to its ltails.
func (l *Logs) Joined(id int) bool { return l.stores[0].Replicas[id].Joined.Load() != 0 }

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
	if words.Joined.Load() == 0 {
		return 0, nil
	}
	// Its ltail keeps the log from being used anew beyond it, until it is no longer
	// joined; and what it had not published was beyond.
	from, to := words.Applied.Load(), store.Control.Tail.Load()
	if to-from > uint64(len(store.Slots)) {
		return 0, fmt.Errorf("%w: ltail %d of node %d is more than %d slots from the tail %d", kernel.ErrBadRecord, from, dead, len(store.Slots), to)
	}
	for id, other := range store.Replicas {
		if id == dead || other.Joined.Load() == 0 {
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
	words.Joined.Swap(0)
	// Whoever waits for its ltail to move looks again, and finds that it counts no
	// longer.
	words.Applied.Swap(max(store.Control.Tail.Load(), from+1))
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
