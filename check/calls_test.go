package check_test

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/names"
	"github.com/nrkern/nrkern/workload"
)

// TestLinearizableCalls: a client's own history is explained, that of two clients
// of different machines, who both get the lock, is not, nor is a stale read.
func TestLinearizableCalls(t *testing.T) {
	d := names.Definition()
	record := func(p kernel.Port, client int, clock *int64, ops ...kernel.Op) []check.Call {
		r := &check.CallRecorder{Port: p, Client: client, Now: func() int64 { *clock++; return *clock }, Source: func(_ *workload.Random, last *check.Call) kernel.Op {
			op := ops[0]
			ops = ops[1:]
			return op
		}}
		if err := r.Run(len(ops), 1); err != nil {
			t.Fatal(err)
		}
		return r.Calls()
	}
	machine := func() kernel.Port {
		table, err := kernel.NewTable(d)
		if err != nil {
			t.Fatal(err)
		}
		b, err := workload.NewBaseline(table, 1)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one, two := machine(), machine()
	clock := int64(0)
	legal := append(record(one, 0, &clock, names.Lock("l", 1), names.Set("a", []byte("x"), nil)), record(one, 1, &clock, names.TryLock("l", 2), names.Get("a"))...)
	if v, text := check.LinearizableCalls(d, legal, 0); v != check.OK {
		t.Errorf("%s: %s", v, text)
	}
	stale := append(legal, record(two, 2, &clock, names.Get("a"))...)
	if v, text := check.LinearizableCalls(d, stale, 0); v != check.Illegal || !strings.Contains(text, `get [0 0 0] "a" = not found`) {
		t.Errorf("a stale read: %s: %s", v, text)
	}
	both := append(legal, record(two, 2, &clock, names.Lock("l", 3))...)
	if v, _ := check.LinearizableCalls(d, both, 0); v != check.Illegal {
		t.Errorf("two holders: %s", v)
	}
	// An operation without an answer may have happened at any time, or never.
	open := both[len(both)-1]
	open.Answered = false
	if v, text := check.LinearizableCalls(d, append(legal, open), 0); v != check.OK {
		t.Errorf("an open lock: %s: %s", v, text)
	}
}
