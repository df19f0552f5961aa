package transport

import (
	"runtime"
	"testing"

	"github.com/nrkern/nrkern/numa"
)

// benchRing is the ring of the benchmarks, in slots.
const benchRing = 256

// pinned locks the goroutine to its thread and pins that, if the machine has
// the CPU.
func pinned(b *testing.B, cpu int) (unpin func()) {
	runtime.LockOSThread()
	allowed, err := numa.Allowed()
	if err == nil && cpu < len(allowed) {
		if err := numa.Pin(allowed[cpu]); err != nil {
			b.Error(err)
		}
	}
	return func() {
		if err := numa.Pin(allowed...); err != nil {
			b.Error(err)
		}
		runtime.UnlockOSThread()
	}
}

// spin waits for the other thread; every so often it lets others run, in case
// both threads share a CPU.
type spin int

func (s *spin) pause() {
	pause()
	if *s++; *s%1024 == 0 {
		osYield()
	}
}

// BenchmarkChannelRoundTrip is a 64-byte message there and back between two
// pinned threads.
func BenchmarkChannelRoundTrip(b *testing.B) {
	here, there := newPair(b, benchRing, benchRing, 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer pinned(b, 1)()
		var s spin
		for range b.N {
			p := there.Receive()
			for ; p == nil; p = there.Receive() {
				s.pause()
			}
			v := p[0]
			there.Release(1)
			for !there.Credit(1) {
				s.pause()
			}
			there.Fill(0)[0] = v
			there.Send(1)
		}
	}()
	defer pinned(b, 0)()
	var s spin
	b.ResetTimer()
	for i := range b.N {
		here.Fill(0)[0] = uint64(i)
		here.Send(1)
		p := here.Receive()
		for ; p == nil; p = here.Receive() {
			s.pause()
		}
		if p[0] != uint64(i) {
			b.Fatalf("message %d came back as %d", i, p[0])
		}
		here.Release(1)
	}
	b.StopTimer()
	<-done
}

// BenchmarkChannelStream is 64-byte messages one way between two pinned
// threads; all seven words are written and read.
func BenchmarkChannelStream(b *testing.B) {
	here, there := newPair(b, benchRing, benchRing, 0)
	sum := make(chan uint64)
	go func() {
		defer pinned(b, 1)()
		var s spin
		total := uint64(0)
		for range b.N {
			p := there.Receive()
			for ; p == nil; p = there.Receive() {
				s.pause()
			}
			total += p[0] + p[1] + p[2] + p[3] + p[4] + p[5] + p[6]
			there.Release(1)
		}
		sum <- total
	}()
	defer pinned(b, 0)()
	var s spin
	b.ResetTimer()
	for i := range uint64(b.N) {
		for !here.Credit(1) {
			if here.Receive(); here.Credit(1) {
				break
			}
			s.pause()
		}
		p := here.Fill(0)
		p[0], p[1], p[2], p[3], p[4], p[5], p[6] = i, i, i, i, i, i, i
		here.Send(1)
	}
	total := <-sum
	b.StopTimer()
	n := uint64(b.N)
	if want := 7 * (n * (n - 1) / 2); total != want {
		b.Fatalf("the words add up to %d, want %d", total, want)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
	b.ReportMetric(float64(there.Acks.Load())/float64(n), "acks/msg")
}

// BenchmarkWordStore is what a release store costs when nobody shares.
func BenchmarkWordStore(b *testing.B) {
	var w Word
	for i := range uint64(b.N) {
		w.Store(i)
	}
}

// BenchmarkWordSwap is what a store costs that later loads must not overtake.
func BenchmarkWordSwap(b *testing.B) {
	var w Word
	for i := range uint64(b.N) {
		w.Swap(i)
	}
}

// BenchmarkChannelInstructions is a message sent and received by one thread:
// what the channel costs without any cache line changing hands.
func BenchmarkChannelInstructions(b *testing.B) {
	here, there := newPair(b, benchRing, benchRing, 0)
	total := uint64(0)
	b.ResetTimer()
	for i := range uint64(b.N) {
		if !here.Credit(1) {
			here.Receive()
		}
		p := here.Fill(0)
		p[0], p[1], p[2], p[3], p[4], p[5], p[6] = i, i, i, i, i, i, i
		here.Send(1)
		q := there.Receive()
		total += q[0] + q[1] + q[2] + q[3] + q[4] + q[5] + q[6]
		there.Release(1)
	}
	b.StopTimer()
	n := uint64(b.N)
	if want := 7 * (n * (n - 1) / 2); total != want {
		b.Fatalf("the words add up to %d, want %d", total, want)
	}
}
