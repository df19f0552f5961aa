package multikernel_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
)

// inPackages is the shape of nodes in packages of a size.
func inPackages(nodes, size int) multikernel.Shape {
	s := multikernel.Flat(nodes)
	for n := range nodes {
		s.Packages[n] = n / size
	}
	return s
}

func messagesOf(nodes []*multikernel.Node) (sum uint64) {
	for _, n := range nodes {
		sum += n.Traffic().Messages
	}
	return sum
}

// TestAgreementMessages counts the messages of agreements, one at a time: a
// request, unless the caller coordinates, and over each of the N-1 links of the
// tree a proposal, an acknowledgement and a commit. A read takes none.
func TestAgreementMessages(t *testing.T) {
	for n := 2; n <= 16; n++ {
		for _, tree := range multikernel.Trees() {
			t.Run(fmt.Sprintf("%s/%d nodes", tree, n), func(t *testing.T) {
				nodes := bootCopies(t, n, multikernel.MinRing, multikernel.Config{Tree: tree, Shape: inPackages(n, 3)})
				for _, caller := range []int{0, n - 1} {
					p := newPort(t, nodes[caller], 1)
					before, operations, requests := messagesOf(nodes), uint64(0), uint64(0)
					for key := range uint64(3) {
						op := kv.Put(key, key)
						if kv.New(kv.Options{}).Shard(&op)%n != caller {
							requests++
						}
						operations++
						for _, op := range []kernel.Op{op, kv.Get(key)} {
							if r, err := kernel.Call(p, op); err != nil || r.Status != kernel.StatusOK {
								t.Fatal(r, err)
							}
							// Or the commit could travel with the next proposal.
							digest(t, multikernel.Replicated, nodes)
						}
					}
					want := requests + operations*3*uint64(n-1)
					if got := messagesOf(nodes) - before; got != want {
						t.Errorf("from node %d: %d messages, want %d", caller, got, want)
					}
				}
			})
		}
	}
}

// TestAgreementsBatch: with many outstanding, one message speaks for several.
func TestAgreementsBatch(t *testing.T) {
	const n, window, rounds = 4, 64, 20
	nodes := bootCopies(t, n, multikernel.DefaultRing, multikernel.Config{})
	p := newPort(t, nodes[0], window)
	before := messagesOf(nodes)
	for round := range rounds {
		for i := range window {
			p.Ops()[i] = kv.Put(uint64(i), uint64(round))
			p.Start(i)
		}
		for range window {
			if _, err := p.Next(); err != nil {
				t.Fatal(err)
			}
		}
	}
	digest(t, multikernel.Replicated, nodes)
	got, alone := messagesOf(nodes)-before, uint64(window*rounds*3*(n-1))
	t.Logf("%d messages for %d operations", got, window*rounds)
	if got > alone/2 {
		t.Errorf("%d messages, one at a time it would be more than %d: want at most half", got, alone)
	}
}

// TestCopiesAgree has threads everywhere write the same keys, in every tree, and
// compares the copies.
func TestCopiesAgree(t *testing.T) {
	for _, tree := range multikernel.Trees() {
		for _, n := range []int{3, 6} {
			t.Run(fmt.Sprintf("%s/%d nodes", tree, n), func(t *testing.T) {
				nodes := bootCopies(t, n, multikernel.MinRing, multikernel.Config{Tree: tree, Shape: inPackages(n, 2)})
				var wg sync.WaitGroup
				for i, node := range nodes {
					p := newPort(t, node, 8)
					wg.Go(func() { putAndScan(t, p, 9, 300, uint64(i+1)<<32) })
				}
				wg.Wait()
				digest(t, multikernel.Replicated, nodes)
			})
		}
	}
}

// TestPlacementsMix: of two services one is partitioned and the other
// replicated, at the same nodes.
func TestPlacementsMix(t *testing.T) {
	other := kv.Definition()
	other.ID, other.Name = 2, "copied"
	nodes := bootServices(t, 3, 64, multikernel.Config{Replicated: []kernel.ServiceID{2}}, kv.Definition(), other)
	call := func(node int, service kernel.ServiceID, op kernel.Op) *kernel.Result {
		op.Service = service
		p := newPort(t, nodes[node], 1)
		defer func() { _ = p.Close() }()
		r, err := kernel.Call(p, op)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for key := range uint64(30) {
		call(int(key)%3, 1, kv.Put(key, key))
		call(int(key)%3, 2, kv.Put(key, key+100))
	}
	for node := range nodes {
		for key := range uint64(30) {
			if one, two := call(node, 1, kv.Get(key)).Value, call(node, 2, kv.Get(key)).Value; one != key || two != key+100 {
				t.Errorf("node %d key %d: %d and %d", node, key, one, two)
			}
		}
		for service := range kernel.ServiceID(2) {
			if got := call(node, service+1, kv.Size()).Value; got != 30 {
				t.Errorf("node %d: service %d has %d keys, want 30", node, service+1, got)
			}
		}
	}
}
