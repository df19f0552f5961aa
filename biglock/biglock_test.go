package biglock_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

func newMachine(t testing.TB, k biglock.Kind, nodes int) *biglock.Machine {
	t.Helper()
	table, err := kernel.NewTable(kv.Definition())
	if err != nil {
		t.Fatal(err)
	}
	m, err := biglock.New(table, biglock.Config{Kind: k, Nodes: nodes})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestNoAddIsLost adds to one key from all threads under each lock, reads in
// between, and counts. More threads than CPUs, so that holders are preempted.
func TestNoAddIsLost(t *testing.T) {
	const nodes, threads, each, window = 3, 2, 3000, 4
	for _, k := range biglock.Kinds() {
		m := newMachine(t, k, nodes)
		var wg sync.WaitGroup
		for node := range nodes {
			for range threads {
				p, err := m.NewPort(node, window)
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() {
					for range each {
						for i := range window {
							if p.Ops()[i] = kv.Add(7, 1); i == 1 {
								p.Ops()[i] = kv.Get(7)
							}
							p.Start(i)
						}
						for range window {
							if _, err := p.Next(); err != nil {
								t.Error(err)
								return
							}
						}
					}
					if err := p.Close(); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		p, err := m.NewPort(0, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := kv.Client{Port: p}.Get(7)
		if want := uint64(nodes * threads * each * (window - 1)); err != nil || got != want {
			t.Errorf("%s: %d, want %d (%v)", k, got, want, err)
		}
		if lines := m.Traffic(0).LockLines + m.Traffic(1).LockLines + m.Traffic(2).LockLines; lines < 2 {
			t.Errorf("%s: %d hand-overs of the lock between three nodes", k, lines)
		}
	}
}

// TestRefusals: what cannot be had is refused in words.
func TestRefusals(t *testing.T) {
	if _, err := biglock.ParseKind("spin"); !errors.Is(err, biglock.ErrKind) {
		t.Errorf("lock spin: %v", err)
	}
	m := newMachine(t, biglock.MCS, 2)
	if _, err := m.NewPort(2, 1); !errors.Is(err, biglock.ErrNode) {
		t.Errorf("node 2 of 2: %v", err)
	}
	p, err := m.NewPort(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Next(); !errors.Is(err, kernel.ErrIdle) {
		t.Errorf("Next with nothing outstanding: %v", err)
	}
	p.Start(0)
	if err := p.Close(); !errors.Is(err, combining.ErrOutstanding) {
		t.Errorf("Close with an operation outstanding: %v", err)
	}
}
