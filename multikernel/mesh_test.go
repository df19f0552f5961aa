package multikernel_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/transport"
)

// boot opens all nodes of a multikernel inside this process, with an attending
// goroutine each, which ends with the test.
func boot(t testing.TB, nodes, ring int) []*multikernel.Node {
	t.Helper()
	return bootWaiting(t, nodes, ring, &transport.Goroutines)
}

// bootOver is boot over one service with limits of its own.
func bootOver(t testing.TB, nodes int, service *kernel.Definition) []*multikernel.Node {
	t.Helper()
	return bootAll(t, nodes, 64, &transport.Goroutines, service)
}

// bootWaiting is boot with threads that wait by a given policy.
func bootWaiting(t testing.TB, nodes, ring int, policy *transport.Policy) []*multikernel.Node {
	t.Helper()
	return bootAll(t, nodes, ring, policy, kv.Definition())
}

func bootAll(t testing.TB, nodes, ring int, policy *transport.Policy, service *kernel.Definition) []*multikernel.Node {
	t.Helper()
	layout := new(transport.Layout)
	if err := multikernel.AddMesh(layout, nodes, ring); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	stop := new(transport.Word)
	var attending sync.WaitGroup
	var all []*multikernel.Node
	for id := range nodes {
		table, err := kernel.NewTable(service)
		if err != nil {
			t.Fatal(err)
		}
		n, err := multikernel.Open(segment, table, multikernel.Config{ID: id, Stop: stop, Policy: policy})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
		attending.Go(func() {
			if err := combining.Attend(n, stop, policy); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		stop.Swap(1)
		for _, n := range all {
			n.Bell().Ring()
		}
		attending.Wait()
	})
	return all
}

func newPort(t testing.TB, n *multikernel.Node, window int) *multikernel.Port {
	t.Helper()
	p, err := n.NewPort(window)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEveryNodeSeesEveryKey puts at one node and reads at another that runs no
// thread of its own in between.
func TestEveryNodeSeesEveryKey(t *testing.T) {
	nodes := boot(t, 3, multikernel.MinRing)
	writer, reader := kv.Client{Port: newPort(t, nodes[0], 1)}, kv.Client{Port: newPort(t, nodes[2], 1)}
	long := bytes.Repeat([]byte("x"), kernel.MaxData)
	for key := uint64(0); key < 100; key++ {
		if _, err := writer.PutBytes(key, long[:key*10]); err != nil {
			t.Fatal(err)
		}
		got, err := reader.GetBytes(nil, key)
		if err != nil || !bytes.Equal(got, long[:key*10]) {
			t.Fatalf("key %d: %d bytes, %v; want %d", key, len(got), err, key*10)
		}
	}
}

// TestFullRingsBothWays keeps more of the longest operations and answers
// outstanding, in all directions, than the rings hold: no node may wait for
// another that waits for it.
func TestFullRingsBothWays(t *testing.T) {
	for _, c := range []struct{ nodes, ring, threads, window, data, each int }{
		{2, 32, 2, 32, kernel.MaxData, 400},
		{4, 32, 1, 64, kernel.MaxData, 400},
		{2, 64, 3, 16, 57, 2000},
		{1, 32, 2, 8, 0, 2000},
		{5, 512, 1, 256, 8, 4000},
	} {
		nodes := boot(t, c.nodes, c.ring)
		var wg sync.WaitGroup
		for _, n := range nodes {
			for th := range c.threads {
				p := newPort(t, n, c.window)
				wg.Go(func() { putAndGet(t, p, uint64(n.ID()*100+th), c.each, c.data) })
			}
		}
		wg.Wait()
		var sum uint64
		for _, n := range nodes {
			d, _, err := n.Digest()
			if err != nil {
				t.Fatal(err)
			}
			sum += d
		}
		if want := expected(t, c.nodes, c.threads, c.each, c.data); sum != want {
			t.Errorf("%+v: the nodes' digests add up to %x, want %x", c, sum, want)
		}
	}
}

const keysPerThread = 97

func value(who, i uint64, data int) []byte {
	return bytes.Repeat([]byte{byte(who), byte(i)}, data/2)
}

// putAndGet overwrites the thread's own keys in turn, the port's window full,
// each put followed by a get of the key put half a round ago.
func putAndGet(t *testing.T, p *multikernel.Port, who uint64, each, data int) {
	ops, results := p.Ops(), p.Results()
	outstanding, started := 0, 0
	start := func(place int) {
		i := uint64(started)
		if key := who<<32 | i%keysPerThread; i%2 == 0 || started > each-keysPerThread {
			ops[place] = kv.PutBytes(key, value(who, i%keysPerThread, data))
		} else {
			ops[place] = kv.GetBytes(key)
		}
		p.Start(place)
		started++
		outstanding++
	}
	for place := range ops {
		start(place)
	}
	for outstanding > 0 {
		place, err := p.Next()
		if err != nil {
			t.Error(err)
			return
		}
		outstanding--
		if op, r := &ops[place], &results[place]; op.Code.IsQuery() && r.Status == kernel.StatusOK {
			if want := value(who, op.Args[0]&0xffffffff, data); !bytes.Equal(r.Data, want) {
				t.Errorf("thread %d key %d: got %d bytes %.8x, want %d", who, op.Args[0], len(r.Data), r.Data, len(want))
				return
			}
		} else if r.Status != kernel.StatusOK && r.Status != kernel.StatusNotFound {
			t.Errorf("thread %d: %v", who, r.Status)
			return
		}
		if started < each {
			start(place)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func expected(t *testing.T, nodes, threads, each, data int) uint64 {
	t.Helper()
	all := kv.Definition().New()
	var res kernel.Result
	for n := range nodes {
		for th := range threads {
			who := uint64(n*100 + th)
			for i := range uint64(keysPerThread) {
				op := kv.PutBytes(who<<32|i, value(who, i, data))
				res.Reset()
				all.Apply(&op, &res)
			}
		}
	}
	return all.Digest()
}

// TestRefusals: what cannot be built or executed is refused in words.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ nodes, ring int }{{0, 64}, {65, 64}, {2, 16}, {2, 48}, {2, 1 << 16}} {
		if err := multikernel.AddMesh(new(transport.Layout), c.nodes, c.ring); !errors.Is(err, multikernel.ErrMesh) {
			t.Errorf("AddMesh(%d, %d) = %v, want ErrMesh", c.nodes, c.ring, err)
		}
	}
	n := boot(t, 2, 64)[0]
	p := newPort(t, n, 2)
	if _, err := p.Next(); !errors.Is(err, kernel.ErrIdle) {
		t.Errorf("Next with nothing outstanding: %v", err)
	}
	if r, err := kernel.Call(p, kernel.Op{Service: 99}); err != nil || r.Status != kernel.StatusInvalid {
		t.Errorf("unknown service: %v, %v", r, err)
	}
	if _, err := n.NewPort(0); !errors.Is(err, combining.ErrWindow) {
		t.Errorf("window 0: %v", err)
	}
	p.Start(0)
	if err := p.Close(); err == nil {
		t.Error("a port with an operation outstanding was closed")
	}
}
