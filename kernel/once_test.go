package kernel_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

func remembering(t *testing.T) *kernel.Table {
	t.Helper()
	table, err := kernel.NewTable(kv.Definition())
	if err != nil {
		t.Fatal(err)
	}
	table.Remember()
	return table
}

func ask(t *testing.T, table *kernel.Table, caller, number uint64, op kernel.Op) kernel.Result {
	t.Helper()
	asked, ok := kernel.Once(caller, number, op)
	if !ok {
		t.Fatalf("%+v cannot be asked once", op)
	}
	if s := table.Check(&asked); s != kernel.StatusOK {
		return kernel.Result{Status: s}
	}
	if s, _ := kernel.Asked(&asked); s != kv.ID || table.Shard(&asked) != table.Shard(&op) {
		t.Errorf("%+v is of service %d, shard %d", asked, s, table.Shard(&asked))
	}
	res := kernel.NewResults(1)[0]
	table.Execute(&asked, &res)
	return res
}

// TestOnce: a call that is made again answers what it did, here and where the state
// went as a snapshot, and is not executed again.
func TestOnce(t *testing.T) {
	table := remembering(t)
	empty := table.Digest()
	if r := ask(t, table, 7, 1, kv.Add(5, 10)); r.Value != 10 {
		t.Errorf("%+v", r)
	}
	if r := ask(t, table, 8, 1, kv.Add(5, 1)); r.Value != 11 {
		t.Errorf("another caller: %+v", r)
	}
	for range 3 {
		if r := ask(t, table, 7, 1, kv.Add(5, 10)); r.Value != 10 || r.Status != kernel.StatusOK {
			t.Errorf("again: %+v", r)
		}
	}
	var state bytes.Buffer
	if err := table.Snapshot(&state); err != nil {
		t.Fatal(err)
	}
	whole := bytes.Clone(state.Bytes())
	other := remembering(t)
	if err := other.Restore(&state); err != nil {
		t.Fatal(err)
	}
	if other.Digest() != table.Digest() || table.Digest() == empty {
		t.Errorf("digests %x, %x, %x when empty", other.Digest(), table.Digest(), empty)
	}
	if r := ask(t, other, 8, 1, kv.Add(5, 1)); r.Value != 11 {
		t.Errorf("again elsewhere: %+v", r)
	}
	if r := ask(t, other, 8, 2, kv.Add(5, 1)); r.Value != 12 {
		t.Errorf("the next: %+v", r)
	}
	if r := ask(t, other, 8, 1, kv.Add(5, 1)); r.Status != kernel.StatusInvalid {
		t.Errorf("an earlier one: %+v", r)
	}
	if err := remembering(t).Restore(bytes.NewReader(whole[:len(whole)-3])); !errors.Is(err, kernel.ErrOnce) {
		t.Errorf("a snapshot that was cut off: %v", err)
	}
}

// TestOnceForgets: the callers that were heard of first are forgotten first, on
// every replica alike.
func TestOnceForgets(t *testing.T) {
	table := remembering(t)
	for caller := range uint64(kernel.MaxCallers + 1) {
		ask(t, table, caller+1, 1, kv.Add(5, 1))
	}
	if r := ask(t, table, 2, 1, kv.Add(5, 1)); r.Value != 2 {
		t.Errorf("one that is remembered: %+v", r)
	}
	if r := ask(t, table, 1, 1, kv.Add(5, 1)); r.Value != kernel.MaxCallers+2 {
		t.Errorf("one that is forgotten: %+v", r)
	}
}

// TestOnceRefuses what cannot be asked so.
func TestOnceRefuses(t *testing.T) {
	many := kv.Put(1, 2)
	many.Args[5] = 1
	nested, _ := kernel.Once(1, 1, kv.Put(1, 2))
	for name, op := range map[string]kernel.Op{"a query": kv.Get(1), "six arguments": many, "itself": nested} {
		if _, ok := kernel.Once(1, 1, op); ok {
			t.Errorf("%s can be asked once", name)
		}
	}
	table := remembering(t)
	if r := ask(t, table, 1, 0, kv.Put(1, 2)); r.Status != kernel.StatusInvalid {
		t.Errorf("number 0: %+v", r)
	}
	if s := table.Check(&kernel.Op{Service: kernel.OnceID, Code: 1, Args: [6]uint64{1, 1, uint64(kernel.OnceID)}}); s != kernel.StatusInvalid {
		t.Errorf("a call of a call: %v", s)
	}
}

// TestOnceInParts: what is asked over several shards can be split, and each part is
// executed once. A vote of one that was executed is what it was.
func TestOnceInParts(t *testing.T) {
	one, other := remembering(t), remembering(t)
	op := kernel.Op{Service: kv.ID, Code: kv.CodePutMany, Data: kv.AppendPairs(nil, kv.Pair{Key: 1, Word: 10}, kv.Pair{Key: 2, Word: 20}, kv.Pair{Key: 3, Word: 30})}
	asked, ok := kernel.Once(7, 1, op)
	if !ok {
		t.Fatal("it cannot be asked once")
	}
	var shards, of kernel.ShardSet
	one.Span(&op, &of)
	if one.Span(&asked, &shards); shards != of || one.Spanning(&asked) == nil {
		t.Fatalf("it is of shards %v, what is asked of %v", shards, of)
	}
	execute := func() (whole kernel.Result) {
		for i, table := range []*kernel.Table{one, other} {
			var mine kernel.ShardSet
			for shard := i; shard < kernel.MaxShards; shard += 2 {
				mine.Add(shard)
			}
			mine.Meet(&shards)
			service := table.Spanning(&asked)
			part := kernel.Op{Data: make([]byte, 0, kernel.MaxData)}
			if service.Split(&asked, &mine, &part); len(part.Data) == len(op.Data) {
				t.Fatal("the shards of three keys are not dealt out: choose others")
			}
			if s := service.Vote(&part); s != kernel.StatusOK {
				t.Errorf("vote %d: %v", i, s)
			}
			res := kernel.NewResults(1)[0]
			table.Execute(&part, &res)
			service.Merge(&asked, &whole, &res)
		}
		return whole
	}
	if r := execute(); r.Status != kernel.StatusOK || r.Value != 0 {
		t.Errorf("%+v", r)
	}
	digest := one.Digest() + other.Digest()
	if r := execute(); r.Status != kernel.StatusOK || r.Value != 0 { // it answers how many keys were there
		t.Errorf("again: %+v", r)
	}
	if one.Digest()+other.Digest() != digest {
		t.Error("again: the state is another")
	}
	size := kv.Size()
	if plain := (kernel.Op{Service: kernel.OnceID, Code: size.Code, Args: [6]uint64{1, 1, uint64(kernel.OnceID)}}); one.Spanning(&plain) != nil {
		t.Error("a call of a call can be split")
	}
}
