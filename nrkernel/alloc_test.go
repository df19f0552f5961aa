package nrkernel_test

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// TestNoAllocation: reads and writes allocate nothing, whatever their window and
// data, by a thread alone at its replica and by one that must post. Between tail's exchange and the last header store an allocation
// could park the thread and stall every replica.
func TestNoAllocation(t *testing.T) {
	for _, c := range []struct{ threads, window, data int }{
		{1, 1, 0}, {1, 16, 0}, {1, 4, kernel.MaxData}, {2, 1, 0}, {2, 16, 0}, {2, 4, kernel.MaxData},
	} {
		g := newGroup(t, 2, 1024)
		p := newPort(t, g.Replica(0), c.window)
		for range c.threads - 1 {
			newPort(t, g.Replica(0), 1)
		}
		bytes := make([]byte, c.data)
		ops := p.Ops()
		run := func(code kernel.Code, data []byte) float64 {
			return testing.AllocsPerRun(200, func() {
				for i := range ops {
					ops[i].Service, ops[i].Code, ops[i].Args[0], ops[i].Data = 1, code, 1, data
					p.Start(i)
				}
				for range ops {
					if _, err := p.Next(); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
		if n := run(addCode, bytes); n != 0 {
			t.Errorf("%d threads, window %d, %d bytes: %v allocations in %d writes", c.threads, c.window, c.data, n, c.window)
		}
		if n := run(getCode, nil); n != 0 {
			t.Errorf("%d threads, window %d: %v allocations in %d reads", c.threads, c.window, n, c.window)
		}
	}
}
