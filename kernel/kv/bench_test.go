package kv

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/nrkern/nrkern/kernel"
)

// benchKeys is a fixed series of uniform keys among n; writeMark is set in as
// many percent of them.
func benchKeys(n uint64, writes int) *[1 << 16]uint64 {
	keys := new([1 << 16]uint64)
	for i := range keys {
		keys[i] = mix(uint64(i)*977) % n
		if mix(uint64(i))%100 < uint64(writes) {
			keys[i] |= writeMark
		}
	}
	return keys
}

const writeMark = 1 << 63

// BenchmarkMap compares the service with Go's map, operation records and
// results included, on uniform keys; writes are in percent. The two take turns
// in slices of 10,000 operations, so that a noisy machine meets both.
func BenchmarkMap(b *testing.B) {
	for _, n := range []uint64{50_000, 1_000_000} {
		for _, writes := range []int{0, 10, 50, 100} {
			b.Run(fmt.Sprintf("keys=%d/writes=%d", n, writes), func(b *testing.B) { benchMap(b, n, writes) })
		}
	}
}

func benchMap(b *testing.B, n uint64, writes int) {
	const slice = 10_000
	keys := benchKeys(n, writes)
	kv, m := New(Options{}), make(map[uint64]uint64)
	for i := range n {
		execute(kv, Put(i, i))
		m[i] = i
	}
	var spentKV, spentMap time.Duration
	var sink uint64
	res := kernel.Result{Data: make([]byte, 0, kernel.MaxData)}
	var op kernel.Op
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += slice {
		begin := time.Now()
		for i := done; i < done+slice; i++ {
			key := keys[i%len(keys)]
			if key&writeMark != 0 {
				key &^= writeMark
				op.Code, op.Args[0], op.Args[1] = CodePut, key, uint64(i)
				kv.Apply(&op, &res)
			} else {
				op.Code, op.Args[0] = CodeGet, key
				kv.Query(&op, &res)
			}
			sink += res.Value
		}
		middle := time.Now()
		for i := done; i < done+slice; i++ {
			key := keys[i%len(keys)]
			if key&writeMark != 0 {
				key &^= writeMark
				_, found := m[key] // A put says whether it replaced.
				if found {
					sink++
				}
				m[key] = uint64(i)
			} else {
				sink += m[key]
			}
		}
		spentKV += middle.Sub(begin)
		spentMap += time.Since(middle)
	}
	ops := float64((b.N + slice - 1) / slice * slice)
	b.ReportMetric(ops/spentKV.Seconds()/1e6, "kv-Mops/s")
	b.ReportMetric(ops/spentMap.Seconds()/1e6, "map-Mops/s")
	b.ReportMetric(spentMap.Seconds()/spentKV.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
	if sink == 42 {
		b.Log(sink)
	}
}

// BenchmarkGrow grows a table to a million keys and reports the slowest single
// Apply. The same operation grows the table in every run, so the least time of
// each operation over the runs is what it costs by itself, and the greatest of
// these is the cost of growth; the plain maximum includes whatever else the
// machine did. Give it some runs: -benchtime 20x.
func BenchmarkGrow(b *testing.B) {
	const n = 1_000_000
	least := make([]time.Duration, n)
	var greatest time.Duration
	res := kernel.Result{}
	for run := range b.N {
		kv := New(Options{})
		for i := range least {
			op := Put(uint64(i), 1)
			begin := time.Now()
			kv.Apply(&op, &res)
			spent := time.Since(begin)
			greatest = max(greatest, spent)
			if run == 0 || spent < least[i] {
				least[i] = spent
			}
		}
	}
	slices.Sort(least)
	b.ReportMetric(float64(least[n-1].Nanoseconds()), "growth-max-ns")
	b.ReportMetric(float64(greatest.Nanoseconds()), "max-ns")
	b.ReportMetric(float64(least[n-n/10000].Nanoseconds()), "p99.99-ns")
	b.ReportMetric(float64(least[n/2].Nanoseconds()), "p50-ns")
}

// BenchmarkBytes replaces and reads byte values of one size.
func BenchmarkBytes(b *testing.B) {
	for _, size := range []int{16, 128, kernel.MaxData} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			kv, data := New(Options{}), make([]byte, size)
			res := kernel.Result{Data: make([]byte, 0, kernel.MaxData)}
			keys := benchKeys(10_000, 0)
			b.ReportAllocs()
			for i := range b.N {
				op := PutBytes(keys[i%len(keys)], data)
				kv.Apply(&op, &res)
				op = GetBytes(keys[(i*7)%len(keys)])
				kv.Query(&op, &res)
			}
		})
	}
}

// BenchmarkWhole measures what runs over the whole state, for each key.
func BenchmarkWhole(b *testing.B) {
	const n = 1_000_000
	kv := New(Options{})
	for i := range uint64(n) {
		execute(kv, Put(i, i))
	}
	saved := snapshot(b, kv)
	perKey := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/key")
	}
	b.Run("digest", func(b *testing.B) {
		for b.Loop() {
			kv.Digest()
		}
		perKey(b)
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			_ = kv.Snapshot(io.Discard)
		}
		perKey(b)
	})
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			if err := New(Options{}).Restore(bytes.NewReader(saved)); err != nil {
				b.Fatal(err)
			}
		}
		perKey(b)
	})
}
