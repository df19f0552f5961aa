package kv

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/nrkern/nrkern/kernel"
)

// TestParts deals the shards out to several instances, sends each its part of
// every operation, and compares the merged results, and the states at the end,
// with one instance that holds all.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := New(Options{})
		nodes := make([]*KV, rapid.IntRange(1, 5).Draw(t, "nodes"))
		owned := make([]kernel.ShardSet, len(nodes))
		for i := range nodes {
			nodes[i] = New(Options{})
			for shard := i; shard < shards; shard += len(nodes) {
				owned[i].Add(shard)
			}
		}
		for _, op := range rapid.SliceOfN(rapid.Custom(genOp), 0, 100).Draw(t, "operations") {
			want := execute(whole, op)
			if shard := whole.Shard(&op); shard != kernel.AllShards {
				if got := execute(nodes[shard%len(nodes)], op); !equal(got, want) {
					t.Fatalf("%+v: got %+v, want %+v", op, got, want)
				}
				continue
			}
			if got := executeParts(t, nodes, owned, &op); !equal(got, want) {
				t.Fatalf("%+v: got %+v, want %+v", op, got, want)
			}
		}
		var sum uint64
		for _, node := range nodes {
			checkInvariants(t, node)
			sum += node.Digest()
		}
		if sum != whole.Digest() {
			t.Fatalf("the parts' digests add up to %#x, the whole has %#x", sum, whole.Digest())
		}
	})
}

// executeParts executes op on the instances whose shards it touches.
func executeParts(t *rapid.T, nodes []*KV, owned []kernel.ShardSet, op *kernel.Op) kernel.Result {
	var span kernel.ShardSet
	nodes[0].Span(op, &span)
	res := kernel.Result{Data: make([]byte, 0, kernel.MaxData)}
	for i, node := range nodes {
		if !span.Meets(&owned[i]) {
			continue
		}
		part := kernel.Op{Data: make([]byte, 0, kernel.MaxData)}
		node.Split(op, &owned[i], &part)
		if s := Check(&part); s != kernel.StatusOK {
			t.Fatalf("%+v: its part %+v is %v", op, part, s)
		}
		var of kernel.ShardSet
		node.Span(&part, &of)
		for shard := range shards {
			if of.Has(shard) && !span.Has(shard) || op.Code == CodePutMany && of.Has(shard) != (span.Has(shard) && owned[i].Has(shard)) {
				t.Fatalf("%+v: shard %d is in its part %+v for node %d, or is missing there", op, shard, part, i)
			}
		}
		if s := node.Vote(&part); s != kernel.StatusOK {
			t.Fatalf("%+v: vote %v", part, s)
		}
		got := execute(node, part)
		node.Merge(op, &res, &got)
	}
	return res
}

// TestVote: what Vote says is what Apply does, and it changes nothing.
func TestVote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kv := New(Options{MaxKeys: rapid.Uint64Range(1, 70).Draw(t, "MaxKeys")})
		for _, op := range rapid.SliceOfN(rapid.Custom(genOp), 0, 60).Draw(t, "operations") {
			if op.Code != CodePutMany {
				execute(kv, op)
				continue
			}
			before := snapshot(t, kv)
			vote := kv.Vote(&op)
			if !bytes.Equal(before, snapshot(t, kv)) {
				t.Fatal("a vote has changed the state")
			}
			if got := execute(kv, op); got.Status != vote || vote != kernel.StatusOK && !bytes.Equal(before, snapshot(t, kv)) {
				t.Fatalf("%+v: vote %v, got %+v", op, vote, got)
			}
		}
	})
}

// TestManyDoesNotAllocate: operations of several keys neither.
func TestManyDoesNotAllocate(t *testing.T) {
	kv := New(Options{})
	pairs := AppendPairs(nil, Pair{1, 2}, Pair{3, 4}, Pair{5, 6})
	part := kernel.Op{Data: make([]byte, 0, kernel.MaxData)}
	results := kernel.NewResults(2)
	var half kernel.ShardSet
	half.AddAll(shards / 2)
	for _, op := range []kernel.Op{PutMany(pairs), Size(), Scan(0, 9, 9)} {
		if n := testing.AllocsPerRun(100, func() {
			if op.Code.IsQuery() {
				kv.Query(&op, &results[0])
			} else {
				kv.Apply(&op, &results[0])
			}
			kv.Split(&op, &half, &part)
			kv.Vote(&part)
			results[1].Reset()
			kv.Merge(&op, &results[1], &results[0])
		}); n != 0 {
			t.Errorf("code %#x: %v allocations", op.Code, n)
		}
	}
}
