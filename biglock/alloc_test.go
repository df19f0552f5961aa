package biglock_test

import (
	"testing"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/kernel/kv"
)

// TestNoAllocation: calls allocate nothing under any lock, also where others
// could want it.
func TestNoAllocation(t *testing.T) {
	for _, kind := range biglock.Kinds() {
		for _, window := range []int{1, 16} {
			m := newMachine(t, kind, 2)
			if _, err := m.NewPort(1, 1); err != nil {
				t.Fatal(err)
			}
			p, err := m.NewPort(0, window)
			if err != nil {
				t.Fatal(err)
			}
			run := func() {
				for i := range window {
					if p.Ops()[i] = kv.Put(uint64(i), 1); i%2 == 1 {
						p.Ops()[i] = kv.Get(uint64(i))
					}
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
				t.Errorf("%s, window %d: %v allocations in %d operations", kind, window, n, window)
			}
		}
	}
}
