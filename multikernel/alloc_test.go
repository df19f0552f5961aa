package multikernel_test

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
)

// TestNoAllocation: once the queues have grown to what a window demands, calls
// allocate nothing at the caller, at the owner, at the coordinator and at the
// copies, whether their bytes fit one slot or not.
func TestNoAllocation(t *testing.T) {
	eachPlacement(t, func(t *testing.T, placement multikernel.Placement) {
		for _, window := range []int{1, 16} {
			nodes := bootPlaced(t, placement, 3, 64)
			p := newPort(t, nodes[0], window)
			bytes := make([]byte, 200)
			for name, op := range map[string]func(i uint64) kernel.Op{
				"put":       func(i uint64) kernel.Op { return kv.Put(i, i) },
				"get":       kv.Get,
				"put-bytes": func(i uint64) kernel.Op { return kv.PutBytes(100+i, bytes) },
				"get-bytes": func(i uint64) kernel.Op { return kv.GetBytes(100 + i) },
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
				for range 20 {
					run()
				}
				if n := testing.AllocsPerRun(200, run); n != 0 {
					t.Errorf("window %d: %v allocations in %d of %s", window, n, window, name)
				}
			}
		}
	})
}
