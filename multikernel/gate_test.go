package multikernel

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
)

// openCopy opens the only node of a mesh, with a copy of kv.
func openCopy(t *testing.T) *Node {
	t.Helper()
	layout := new(transport.Layout)
	if err := AddMesh(layout, 1, MinRing); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	table, err := kernel.NewTable(kv.Definition())
	if err != nil {
		t.Fatal(err)
	}
	n, err := Open(segment, table, Config{Replicated: []kernel.ServiceID{kv.ID}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestGatesKeepOrder: operations pass the gate of a shard in the order they were
// prepared, one over several shards all its gates at once, and the shards that
// one is not about are open.
func TestGatesKeepOrder(t *testing.T) {
	n := openCopy(t)
	entryOf := func(op kernel.Op) *entry {
		e := n.copies.newEntry(&op, n.table.Shard(&op), kernel.Origin{})
		e.op.Data = append(e.op.Data, op.Data...)
		n.enter(e)
		return e
	}
	pairs := kv.AppendPairs(nil, kv.Pair{Key: 1}, kv.Pair{Key: 2}, kv.Pair{Key: 3})
	first, several, last := entryOf(kv.Put(1, 1)), entryOf(kv.PutMany(pairs)), entryOf(kv.Put(2, 2))
	if several.shard != kernel.AllShards || first.shard == last.shard {
		t.Fatal("the keys are of one shard")
	}
	want := func(when string, open bool, may ...*entry) {
		t.Helper()
		for _, e := range []*entry{first, several, last} {
			wanted := false
			for _, m := range may {
				wanted = wanted || m == e
			}
			if got := n.mayPass(e); got != wanted {
				t.Errorf("%s: code %d of shard %d may pass: %v", when, e.op.Code, e.shard, got)
			}
		}
		if got := n.allOpen(kv.ID, &several.shards); got != open {
			t.Errorf("%s: all open: %v", when, got)
		}
	}
	want("at first", false, first)
	n.pass(first)
	want("after the first", false, several)
	n.pass(several)
	want("after the one over several shards", false, last)
	n.pass(last)
	if !n.allOpen(kv.ID, &several.shards) {
		t.Error("not all are open in the end")
	}
	var others kernel.ShardSet
	others.AddAll(len(n.gatesOf(kv.ID)))
	if !n.allOpen(kv.ID, &others) {
		t.Error("a shard that nothing was about is shut")
	}
}
