//go:build !nrkern_nohook

package multikernel

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
)

// scripted is a Hook that is the memory, and lets a test act when a word is
// exchanged.
type scripted struct {
	words    map[*transport.Word]uint64
	payloads map[*transport.Slot]*transport.Payload
	before   func(w *transport.Word)
}

func (h *scripted) Load(w *transport.Word) uint64     { return h.words[w] }
func (h *scripted) Store(w *transport.Word, v uint64) { h.words[w] = v }

func (h *scripted) Swap(w *transport.Word, v uint64) uint64 {
	old := h.words[w]
	h.words[w] = v
	return old
}

func (h *scripted) CompareAndSwap(w *transport.Word, old, v uint64) bool {
	h.before(w)
	if h.words[w] != old {
		return false
	}
	h.words[w] = v
	return true
}

func (h *scripted) Fill(s *transport.Slot) *transport.Payload {
	if h.payloads[s] == nil {
		h.payloads[s] = new(transport.Payload)
	}
	return h.payloads[s]
}

func (h *scripted) Publish(s *transport.Slot, v uint64)       { h.words[s.HeaderWord()] = v }
func (h *scripted) Read(s *transport.Slot) *transport.Payload { return h.Fill(s) }
func (h *scripted) Wait(*transport.Word, uint64)              {}
func (h *scripted) Sleep(*transport.Word, uint32)             {}
func (h *scripted) Nap(*transport.Word, uint64)               {}
func (h *scripted) Pause()                                    {}
func (h *scripted) FenceHeavy()                               {}

// TestWhoLeavesRouses: a thread that finds its answer as it is about to sleep,
// and in the same turn answered another node, leaves without having rung that
// node. The attending thread, which went to sleep meanwhile, must be told. (Found
// by the simulated machine: nobody would ever wake the other node.)
func TestWhoLeavesRouses(t *testing.T) {
	h := &scripted{words: map[*transport.Word]uint64{}, payloads: map[*transport.Slot]*transport.Payload{}, before: func(*transport.Word) {}}
	defer transport.Install(h)()
	layout := new(transport.Layout)
	if err := AddMesh(layout, 2, MinRing); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*Node
	var ports []*Port
	for id := range 2 {
		table, err := kernel.NewTable(kv.Definition())
		if err != nil {
			t.Fatal(err)
		}
		n, err := Open(segment, table, Config{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		p, err := n.NewPort(1)
		if err != nil {
			t.Fatal(err)
		}
		nodes, ports = append(nodes, n), append(ports, p)
	}
	ownedBy := func(node int) kernel.Op {
		for key := uint64(0); ; key++ {
			if op := kv.Put(key, 1); Owner(nodes[0].table.Shard(&op), 2) == node {
				return op
			}
		}
	}
	caller, other := ports[1], ports[0]
	caller.Ops()[0], other.Ops()[0] = ownedBy(0), ownedBy(1)
	caller.Start(0)
	// Besides locks it exchanges the bell of the other node, to hurry it, and then
	// its own, to announce that it sleeps.
	met := false
	var hurried *transport.Word
	h.before = func(w *transport.Word) {
		if met || w == nodes[1].station.Locked() || w == nodes[0].station.Locked() {
			return
		}
		if hurried == nil || w == hurried {
			hurried = w
			return
		}
		met = true
		other.Start(0)
		other.thread.Publish()
		if _, err := nodes[0].Serve(); err != nil {
			t.Error(err)
		}
		nodes[1].station.Rest()
	}
	if place, err := caller.Next(); place != 0 || err != nil {
		t.Fatal(place, err)
	}
	if !met {
		t.Fatal("the caller did not come to announce")
	}
	if nodes[1].sentTo == 0 {
		t.Fatal("it rang the other node itself: the case is not met")
	}
	if nodes[1].station.Rouse() {
		t.Error("it left, with an answer sent that nobody was rung for, and did not rouse the attending thread")
	}
}
