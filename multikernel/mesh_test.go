package multikernel_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

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
	return bootAll(t, nodes, 64, multikernel.Config{}, service)
}

// bootWaiting is boot with threads that wait by a given policy.
func bootWaiting(t testing.TB, nodes, ring int, policy *transport.Policy) []*multikernel.Node {
	t.Helper()
	return bootAll(t, nodes, ring, multikernel.Config{Policy: policy}, kv.Definition())
}

// bootCopies is boot with a copy of kv at every node.
func bootCopies(t testing.TB, nodes, ring int, c multikernel.Config) []*multikernel.Node {
	t.Helper()
	c.Replicated = []kernel.ServiceID{kv.ID}
	return bootAll(t, nodes, ring, c, kv.Definition())
}

// bootPlaced is boot with kv placed one way or the other.
func bootPlaced(t testing.TB, p multikernel.Placement, nodes, ring int) []*multikernel.Node {
	t.Helper()
	if p == multikernel.Replicated {
		return bootCopies(t, nodes, ring, multikernel.Config{})
	}
	return boot(t, nodes, ring)
}

// eachPlacement runs a test for both placements.
func eachPlacement(t *testing.T, test func(t *testing.T, p multikernel.Placement)) {
	for _, p := range multikernel.Placements() {
		t.Run(string(p), func(t *testing.T) { test(t, p) })
	}
}

// digest returns the digest of the whole service: the sum of the owners' parts,
// or that of each copy, once all have come to one index.
func digest(t testing.TB, p multikernel.Placement, nodes []*multikernel.Node) (sum uint64) {
	t.Helper()
	if p == multikernel.Partitioned {
		for _, n := range nodes {
			d, _, err := n.Digest()
			if err != nil {
				t.Fatal(err)
			}
			sum += d
		}
		return sum
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		first, at, err := nodes[0].Digest()
		if err != nil {
			t.Fatal(err)
		}
		same := true
		for _, n := range nodes {
			d, index, err := n.Digest()
			if err != nil {
				t.Fatal(err)
			}
			same = same && index == at
			if index == at && d != first {
				t.Fatalf("at index %d node %d has digest %x, node 0 %x", at, n.ID(), d, first)
			}
		}
		if same {
			return first
		}
		if time.Now().After(deadline) {
			t.Fatal("the copies do not come to one index")
		}
	}
}

func bootAll(t testing.TB, nodes, ring int, c multikernel.Config, service *kernel.Definition) []*multikernel.Node {
	t.Helper()
	return bootServices(t, nodes, ring, c, service)
}

func bootServices(t testing.TB, nodes, ring int, c multikernel.Config, services ...*kernel.Definition) []*multikernel.Node {
	t.Helper()
	if c.Policy == nil {
		c.Policy = &transport.Goroutines
	}
	c.Stop = new(transport.Word)
	layout := new(transport.Layout)
	if err := multikernel.AddMesh(layout, nodes, ring); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	var attending sync.WaitGroup
	var all []*multikernel.Node
	for id := range nodes {
		table, err := kernel.NewTable(services...)
		if err != nil {
			t.Fatal(err)
		}
		c.ID = id
		n, err := multikernel.Open(segment, table, c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
		attending.Go(func() {
			if err := combining.Attend(n, c.Stop, c.Policy); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		c.Stop.Swap(1)
		for _, n := range all {
			n.Bell().Wake() // also from a nap
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
func TestFullRingsBothWays(t *testing.T) { eachPlacement(t, testFullRings) }

func testFullRings(t *testing.T, p multikernel.Placement) {
	for _, c := range []struct{ nodes, ring, threads, window, data, each int }{
		{2, 32, 2, 32, kernel.MaxData, 400},
		{4, 32, 1, 64, kernel.MaxData, 400},
		{2, 64, 3, 16, 57, 2000},
		{1, 32, 2, 8, 0, 2000},
		{5, 512, 1, 256, 8, 4000},
	} {
		nodes := bootPlaced(t, p, c.nodes, c.ring)
		var wg sync.WaitGroup
		for _, n := range nodes {
			for th := range c.threads {
				p := newPort(t, n, c.window)
				wg.Go(func() { putAndGet(t, p, uint64(n.ID()*100+th), c.each, c.data) })
			}
		}
		wg.Wait()
		if got, want := digest(t, p, nodes), expected(t, c.nodes, c.threads, c.each, c.data); got != want {
			t.Errorf("%+v: digest %x, want %x", c, got, want)
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
