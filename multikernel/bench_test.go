package multikernel_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// BenchmarkKV runs one pinned thread on each of two nodes over 50,000 uniform
// keys, half of which the other node owns. One iteration is one operation on
// each node.
func BenchmarkKV(b *testing.B) {
	cpus, err := numa.Affinity()
	if err != nil || len(cpus) < 2 {
		b.Skip("needs two CPUs")
	}
	for _, window := range []int{1, 16} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			nodes := bootWaiting(b, 2, multikernel.DefaultRing, &transport.Dedicated)
			stop := new(transport.Line)
			var wg sync.WaitGroup
			b.ResetTimer()
			for id, n := range nodes {
				p := newPort(b, n, window)
				wg.Go(func() {
					runtime.LockOSThread()
					if err := numa.Pin(cpus[id]); err != nil {
						b.Error(err)
					}
					load(b, p, uint64(id+1))
					stop.Swap(stop.Load() + 1)
					for stop.Load() < 2 {
						_, _ = n.Serve()
					}
				})
			}
			wg.Wait()
			b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mops/s")
		})
	}
}

func load(b *testing.B, p kernel.Port, seed uint64) {
	const keys = 50_000
	ops := p.Ops()
	x := seed * 0x9e3779b97f4a7c15
	start := func(i int) {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		op := &ops[i]
		op.Service, op.Code, op.Args[0], op.Args[1] = kv.ID, kv.CodePut, x>>32*keys>>32, x
		p.Start(i)
	}
	for i := range ops {
		start(i)
	}
	for n := 0; n < b.N; n++ {
		i, err := p.Next()
		if err != nil {
			b.Error(err)
			return
		}
		start(i)
	}
	for range ops {
		if _, err := p.Next(); err != nil {
			b.Error(err)
		}
	}
}
