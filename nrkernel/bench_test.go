package nrkernel_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// BenchmarkKV runs one pinned thread on each of one or two replicas over 50,000
// uniform keys: the workload of the published NR figures. One iteration is one
// operation on each replica. With -cpuprofile it says where the time goes.
func BenchmarkKV(b *testing.B) {
	cpus, err := numa.Affinity()
	if err != nil || len(cpus) < 2 {
		b.Skip("needs two CPUs")
	}
	for _, c := range []struct {
		replicas, window int
		writes           uint64
	}{
		{1, 1, 0},
		{1, 1, 100},
		{2, 1, 0},
		{2, 1, 10},
		{2, 1, 50},
		{2, 1, 100},
		{2, 16, 0},
		{2, 16, 10},
		{2, 16, 50},
		{2, 16, 100},
	} {
		b.Run(fmt.Sprintf("replicas=%d/window=%d/writes=%d", c.replicas, c.window, c.writes), func(b *testing.B) {
			g, err := nrkernel.NewGroup(c.replicas, func() kernel.Service { return kv.Definition().New() }, nrkernel.Options{Policy: &transport.Dedicated})
			if err != nil {
				b.Fatal(err)
			}
			prefill(b, newPort(b, g.Replica(0), 16))
			var wg sync.WaitGroup
			b.ResetTimer()
			for r := range c.replicas {
				p := newPort(b, g.Replica(r), c.window)
				wg.Go(func() {
					runtime.LockOSThread()
					if err := numa.Pin(cpus[r]); err != nil {
						b.Error(err)
					}
					mix(b, p, c.writes, uint64(r+1))
				})
			}
			wg.Wait()
			b.ReportMetric(float64(c.replicas)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mops/s")
		})
	}
}

const benchKeys = 50_000

func prefill(b *testing.B, p kernel.Port) {
	for key := range uint64(benchKeys) {
		if _, err := kernel.Call(p, kv.Put(key, key)); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Close(); err != nil { // whoever comes next may be alone
		b.Fatal(err)
	}
}

func mix(b *testing.B, p kernel.Port, writes, seed uint64) {
	ops := p.Ops()
	x := seed * 0x9e3779b97f4a7c15
	start := func(i int) {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		key := x >> 32 * benchKeys >> 32
		op := &ops[i]
		op.Service, op.Args[0], op.Args[1], op.Code = kv.ID, key, x, kv.CodeGet
		if x&0xffff*100>>16 < writes {
			op.Code = kv.CodePut
		}
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
}
