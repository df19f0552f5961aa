package bench

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// A job is what the threads of a crew do.
type job struct {
	// work counts operations of thread who until the clock reaches a time. It
	// is called twice, for warm-up and for the measurement.
	work func(who int, until uint64) (operations uint64, err error)
	// idle, if there is one, is called again and again by a thread that has
	// finished while others have not: for those that serve each other.
	idle func(who int) error
}

// Span is how long a sample measures, and warms up before.
type Span struct{ Warmup, Duration time.Duration }

// reading is one sample.
type reading struct {
	operations uint64
	elapsed    time.Duration
	// preempted is how often Linux gave a measuring thread's CPU to another.
	preempted int64
	// p999 and worst are latencies, of loads that look at them.
	p999, worst time.Duration
}

// usable reports whether a sample is one. It is not when a thread lost its CPU
// for most of the time, which is given in advance so that it ends for all.
func (r reading) usable(s Span) bool { return r.operations > 0 && r.elapsed >= s.Duration/2 }

// perSecond is the throughput in millions a second.
func (r reading) perSecond() float64 { return float64(r.operations) / r.elapsed.Seconds() / 1e6 }

// perOperation is the time of an operation in nanoseconds.
func (r reading) perOperation() float64 {
	return float64(r.elapsed.Nanoseconds()) / float64(r.operations)
}

// side is what one thread of a crew found.
type side struct {
	operations, began, ended uint64
	preempted                int64
	err                      error
}

// crew runs a job on locked threads, one pinned to each CPU, and returns when
// all have finished. The threads end with it.
func crew(cpus []int, span Span, j job) (reading, error) {
	clock := workload.ProcessClock()
	// Counted from a stamp that all threads share.
	ticksPer := func(d time.Duration) uint64 { return uint64(float64(d) * ticksPerNanosecond()) }
	var (
		all               sync.WaitGroup
		arrived, finished atomic.Int64
		start             atomic.Uint64
	)
	sides := transport.Apart[side](len(cpus))
	for who, cpu := range cpus {
		all.Go(func() {
			runtime.LockOSThread() // for life: the thread stays pinned
			var mine side
			mine.err = numa.Pin(cpu)
			if arrived.Add(1) == int64(len(cpus)) {
				start.Store(clock.Ticks())
			}
			for w := transport.NewWaiter(&transport.Dedicated); start.Load() == 0; {
				w.Pause()
			}
			if mine.err == nil {
				measured := start.Load() + ticksPer(span.Warmup)
				mine.run(j, who, measured, measured+ticksPer(span.Duration), clock)
			}
			finished.Add(1)
			for w := transport.NewWaiter(&transport.Dedicated); finished.Load() < int64(len(cpus)); {
				if j.idle != nil && mine.err == nil {
					mine.err = j.idle(who)
				}
				w.Pause()
			}
			sides[who] = mine
		})
	}
	all.Wait()
	return together(sides, clock)
}

func (s *side) run(j job, who int, measured, until uint64, clock *workload.Clock) {
	if _, s.err = j.work(who, measured); s.err != nil {
		return
	}
	before := preemptions()
	s.began = clock.Ticks()
	s.operations, s.err = j.work(who, until)
	s.ended = clock.Ticks()
	s.preempted = preemptions() - before
}

// together adds up the sides of one sample.
func together(sides []side, clock *workload.Clock) (reading, error) {
	var r reading
	began, ended := sides[0].began, sides[0].ended
	for who, s := range sides {
		if s.err != nil {
			return r, fmt.Errorf("thread %d: %w", who, s.err)
		}
		r.operations += s.operations
		r.preempted += s.preempted
		began, ended = min(began, s.began), max(ended, s.ended)
	}
	r.elapsed = time.Duration(clock.Nanoseconds(ended - began))
	return r, nil
}

// preemptions is how often the calling thread lost its CPU against its will.
func preemptions() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return u.Nivcsw
}

// ticksPerNanosecond is the rate of the process's clock.
func ticksPerNanosecond() float64 {
	const span = 1 << 40
	return span / float64(workload.ProcessClock().Nanoseconds(span))
}
