package nrkernel_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

func newKVGroup(t testing.TB, nodes, logs, slots int) *nrkernel.Group {
	t.Helper()
	g, err := nrkernel.NewGroup(nodes, func() kernel.Service { return kv.New(kv.Options{}) }, nrkernel.Options{LogSlots: slots, Logs: logs})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func nodePort(t testing.TB, n *nrkernel.Node, window int) kernel.Port {
	t.Helper()
	p, err := n.NewPort(window)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLogsDoNotChangeTheOutcome runs one concurrent load, whose outcome does not
// depend on its order, over 1, 2, 3 and 7 logs: additions to keys that all
// threads share, keys of a thread's own, and put-manys of keys of its own that
// are over several logs. States and sizes must be the same, on every node.
func TestLogsDoNotChangeTheOutcome(t *testing.T) {
	const nodes, threads, rounds = 3, 2, 300
	load := func(p kernel.Port, me uint64) {
		ops := p.Ops()
		fill := [3]func(i, round int){
			func(i, round int) { ops[i] = kv.Add(uint64(round%11), 1) },
			func(i, round int) { ops[i] = kv.Put(me<<32|uint64(round*8+i), me) },
			func(i, round int) {
				var pairs []kv.Pair
				for k := range uint64(9) {
					pairs = append(pairs, kv.Pair{Key: me<<32 | 1<<20 | uint64(i)<<8 | k, Word: uint64(round)})
				}
				ops[i] = kv.PutMany(kv.AppendPairs(nil, pairs...))
			},
		}
		for round := range rounds {
			for i := range ops {
				fill[i%3](i, round)
				p.Start(i)
			}
			for range ops {
				i, err := p.Next()
				if err != nil || p.Results()[i].Status != kernel.StatusOK {
					t.Errorf("%+v: %v (%v)", ops[i], p.Results()[i].Status, err)
					return
				}
			}
		}
	}
	var digest, size uint64
	for _, logs := range []int{1, 2, 3, 7} {
		g := newKVGroup(t, nodes, logs, transport.MinLogSlots)
		var wg sync.WaitGroup
		for i := range nodes * threads {
			p := nodePort(t, g.Node(i%nodes), 6)
			wg.Go(func() { load(p, uint64(i+1)) })
		}
		wg.Wait()
		for i := range nodes {
			d, _, err := g.Node(i).Digest()
			if err != nil {
				t.Fatal(err)
			}
			p := nodePort(t, g.Node(i), 1)
			n, err := kv.Client{Port: p}.Size()
			if err != nil {
				t.Fatal(err)
			}
			if digest == 0 {
				digest, size = d, n
			}
			if d != digest || n != size {
				t.Errorf("%d logs, node %d: digest %x, %d keys; with one log %x, %d", logs, i, d, n, digest, size)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestAllOrNoneOfSeveralLogs: a put-many that one part has no room for changes
// nothing in any log, at any node.
func TestAllOrNoneOfSeveralLogs(t *testing.T) {
	g, err := nrkernel.NewGroup(2, func() kernel.Service { return kv.New(kv.Options{MaxKeys: 2}) }, nrkernel.Options{Logs: 4})
	if err != nil {
		t.Fatal(err)
	}
	clients := []kv.Client{{Port: nodePort(t, g.Node(0), 1)}, {Port: nodePort(t, g.Node(1), 1)}}
	var pairs []kv.Pair
	for key := range uint64(12) { // twelve keys in four logs of two
		pairs = append(pairs, kv.Pair{Key: key, Word: 1})
	}
	if _, err := clients[0].PutMany(pairs...); !errors.Is(err, kv.ErrFull) {
		t.Errorf("put-many of 12 keys: %v, want full", err)
	}
	for i, c := range clients {
		if n, err := c.Size(); n != 0 || err != nil {
			t.Errorf("node %d has %d keys after it (%v)", i, n, err)
		}
	}
	if _, err := clients[1].PutMany(pairs[:2]...); err != nil {
		t.Error(err)
	}
	if got, err := clients[0].Scan(nil, 0, 100, 10); !slices.Equal(got, pairs[:2]) || err != nil {
		t.Errorf("scan: %v (%v)", got, err)
	}
}

// TestNoAllocationWithSeveralLogs: nor do operations that are dealt out to logs,
// or are over several.
func TestNoAllocationWithSeveralLogs(t *testing.T) {
	const window = 8
	p := nodePort(t, newKVGroup(t, 2, 4, 1024).Node(0), window)
	data := kv.AppendPairs(nil, kv.Pair{Key: 1, Word: 1}, kv.Pair{Key: 2, Word: 2}, kv.Pair{Key: 3, Word: 3}, kv.Pair{Key: 4, Word: 4})
	for name, op := range map[string]func(i uint64) kernel.Op{
		"put":      func(i uint64) kernel.Op { return kv.Put(i, i) },
		"get":      kv.Get,
		"put-many": func(uint64) kernel.Op { return kv.PutMany(data) },
		"scan":     func(uint64) kernel.Op { return kv.Scan(0, 100, 10) },
	} {
		run := func() {
			for i := range window {
				p.Ops()[i] = op(uint64(i))
				p.Start(i)
			}
			for range window {
				if _, err := p.Next(); err != nil {
					t.Fatal(err)
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(200, run); n != 0 {
			t.Errorf("%v allocations in %d of %s", n, window, name)
		}
	}
}

// TestDamageInSeveralLogs: entries that no node wrote are errors that name node,
// log and index, not panics and not endless waits.
func TestDamageInSeveralLogs(t *testing.T) {
	describe := func(c kernel.Code, n int, s kernel.Step) uint64 {
		return uint64(kernel.Describe(kv.ID, c, n, kernel.Origin{}).At(s))
	}
	keyOfFirst := uint64(0)
	for op := kv.Put(0, 0); (int(kv.ID)+kv.New(kv.Options{}).Shard(&op))%2 != 0; op = kv.Put(keyOfFirst, 0) {
		keyOfFirst++
	}
	for name, head := range map[string]kernel.Payload{
		"no such log":         {describe(kv.CodePutMany, 0, kernel.StepPlace), 4, 0},
		"its own log":         {describe(kv.CodePutMany, 0, kernel.StepPlace), 1, 0},
		"a message's step":    {describe(kv.CodePut, 0, kernel.StepCommit)},
		"too much data":       {describe(kv.CodePutMany, kernel.MaxData+1, kernel.StepWhole)},
		"no place in another": {describe(kv.CodeSize, 0, kernel.StepWhole)},
		"of another log":      {describe(kv.CodePut, 0, kernel.StepWhole), keyOfFirst},
	} {
		layout := new(transport.Layout)
		if err := nrkernel.AddLogs(layout, 2, 64, 1, 0); err != nil {
			t.Fatal(err)
		}
		segment, err := transport.Local(layout)
		if err != nil {
			t.Fatal(err)
		}
		logs, err := nrkernel.OpenLogs(segment)
		if err != nil {
			t.Fatal(err)
		}
		logs.Prepare()
		store, err := transport.OpenLog(segment, "log.1")
		if err != nil {
			t.Fatal(err)
		}
		store.Control.Tail.Swap(1)
		*store.At(0).Fill() = head
		store.At(0).Publish(transport.Generation(0))
		n, err := nrkernel.NewNode(logs, func() (*kernel.Table, error) { return kernel.NewTable(kv.Definition()) }, nrkernel.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Serve(); !errors.Is(err, kernel.ErrBadRecord) || !strings.Contains(err.Error(), "log 1, index 0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSeveralLogsRefusals: what cannot be built or closed is refused in words.
func TestSeveralLogsRefusals(t *testing.T) {
	for _, logs := range []int{-1, nrkernel.MaxLogs + 1} {
		if err := nrkernel.AddLogs(new(transport.Layout), logs, 64, 1, 0); !errors.Is(err, nrkernel.ErrLogs) {
			t.Errorf("%d logs: %v", logs, err)
		}
	}
	p := nodePort(t, newKVGroup(t, 1, 2, 64).Node(0), 2)
	if _, err := p.Next(); !errors.Is(err, kernel.ErrIdle) {
		t.Errorf("Next with nothing outstanding: %v", err)
	}
	p.Ops()[0], p.Ops()[1] = kernel.Op{Service: 200}, kv.Size()
	p.Start(0)
	p.Start(1)
	if err := p.Close(); !errors.Is(err, combining.ErrOutstanding) {
		t.Errorf("Close with operations outstanding: %v", err)
	}
	for range 2 {
		i, err := p.Next()
		if err != nil || i == 0 && p.Results()[0].Status != kernel.StatusInvalid {
			t.Errorf("place %d: %+v (%v)", i, p.Results()[i], err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := newKVGroup(t, 1, 2, 64).Node(0).NewPort(0); !errors.Is(err, combining.ErrWindow) {
		t.Errorf("window 0: %v", err)
	}
}
