package multikernel_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
)

// pairsOf gives keys 0 to n-1 one word.
func pairsOf(n int, word uint64) (data []byte) {
	for key := range uint64(n) {
		data = kv.AppendPairs(data, kv.Pair{Key: key, Word: word})
	}
	return data
}

// TestOneInstant has threads at all nodes give all keys one word, while others
// read all keys: they must always find one word, and rings that are full all
// the time must not stop anybody.
func TestOneInstant(t *testing.T) { eachPlacement(t, testOneInstant) }

func testOneInstant(t *testing.T, p multikernel.Placement) {
	for _, c := range []struct{ nodes, ring, keys, window, each int }{
		{2, 32, 2, 1, 3000}, {3, 32, kv.MaxPairs, 16, 1500}, {4, 32, 7, 8, 1500}, {1, 32, 5, 4, 1000},
	} {
		nodes := bootPlaced(t, p, c.nodes, c.ring)
		var wg sync.WaitGroup
		for i, n := range nodes {
			p := newPort(t, n, c.window)
			wg.Go(func() { putAndScan(t, p, c.keys, c.each, uint64(i+1)<<32) })
		}
		wg.Wait()
		client := kv.Client{Port: newPort(t, nodes[0], 1)}
		if size, err := client.Size(); err != nil || size != uint64(c.keys) {
			t.Errorf("%+v: %d keys, %v", c, size, err)
		}
	}
}

// putAndScan keeps the port's window full of put-many, scan and get in turn.
func putAndScan(t *testing.T, p *multikernel.Port, keys, each int, word uint64) {
	ops, results := p.Ops(), p.Results()
	started, outstanding := 0, 0
	start := func(place int) {
		switch started % 5 {
		case 0, 2:
			word++
			ops[place] = kv.PutMany(pairsOf(keys, word))
		case 1:
			ops[place] = kv.Get(uint64(started % keys))
		default:
			ops[place] = kv.Scan(0, uint64(keys-1), kv.MaxPairs)
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
		op, r := &ops[place], &results[place]
		if op.Code == kv.CodeScan {
			pairs := kv.PairsOf(nil, r.Data)
			if len(pairs) != 0 && len(pairs) != keys {
				t.Errorf("a scan found %d of %d keys", len(pairs), keys)
			}
			for _, pair := range pairs {
				if pair.Word != pairs[0].Word {
					t.Errorf("a scan found word %#x beside %#x", pair.Word, pairs[0].Word)
				}
			}
		}
		if r.Status != kernel.StatusOK && r.Status != kernel.StatusNotFound {
			t.Errorf("code %#x: %v", op.Code, r.Status)
		}
		if t.Failed() {
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

// TestVotedDown: where one owner has no room for its part, no owner stores its
// own, and nothing stays locked.
func TestVotedDown(t *testing.T) {
	for _, caller := range []int{0, 1, 2} {
		nodes := bootOver(t, 3, kv.Options{MaxKeys: 20}.Definition())
		client := kv.Client{Port: newPort(t, nodes[caller], 1)}
		stored := 0
		for key := uint64(0); ; key++ { // until some owner is full
			if _, err := client.Put(key, 1); errors.Is(err, kv.ErrFull) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			stored++
		}
		var many []kv.Pair
		for key := range uint64(kv.MaxPairs) {
			many = append(many, kv.Pair{Key: 1000 + key, Word: 2})
		}
		for range 3 {
			if _, err := client.PutMany(many...); !errors.Is(err, kv.ErrFull) {
				t.Fatalf("from node %d: %v, want ErrFull", caller, err)
			}
			if size, err := client.Size(); err != nil || size != uint64(stored) {
				t.Fatalf("from node %d: %d keys, %v; %d before", caller, size, err, stored)
			}
		}
		if deleted, err := client.Delete(0); err != nil || !deleted {
			t.Errorf("from node %d: delete: %v, %v", caller, deleted, err)
		}
	}
}

// TestTransactionMessages counts the messages of an operation over all nodes:
// prepare and commit with their answers for all owners but the last, which
// executes at once, less what is the caller's own.
func TestTransactionMessages(t *testing.T) {
	const n = 4
	nodes := boot(t, n, 64)
	sent := func() (sum uint64) {
		for _, node := range nodes {
			sum += node.Traffic().Messages
		}
		return sum
	}
	for caller, want := range map[int]uint64{0: 4*(n-1) - 2, 2: 4*(n-1) - 2, n - 1: 4 * (n - 1)} {
		client := kv.Client{Port: newPort(t, nodes[caller], 1)}
		before := sent()
		const each = 100
		for range each {
			if _, err := client.Size(); err != nil {
				t.Fatal(err)
			}
		}
		if got := sent() - before; got != each*want {
			t.Errorf("from node %d: %d messages for %d operations, want %d each", caller, got, each, want)
		}
	}
}

// TestTransactionsDoNotAllocate: after the first of them.
func TestTransactionsDoNotAllocate(t *testing.T) {
	eachPlacement(t, func(t *testing.T, p multikernel.Placement) { testTransactionsAllocate(t, bootPlaced(t, p, 2, 64)) })
}

func testTransactionsAllocate(t *testing.T, nodes []*multikernel.Node) {
	p := newPort(t, nodes[0], 1)
	data := pairsOf(8, 1)
	call := func() {
		for _, op := range []kernel.Op{kv.PutMany(data), kv.Size(), kv.Scan(0, 9, 9), kv.Put(1, 2), kv.Put(2, 3), kv.Get(1), kv.Get(2)} {
			if r, err := kernel.Call(p, op); err != nil || r.Status != kernel.StatusOK {
				t.Fatal(r, err)
			}
		}
	}
	call()
	if allocations := testing.AllocsPerRun(200, call); allocations != 0 {
		t.Errorf("%v allocations for 7 operations", allocations)
	}
}
