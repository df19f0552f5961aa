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
