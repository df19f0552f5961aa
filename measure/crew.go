package measure

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

// A Job is what the threads of a Crew do.
type Job struct {
	// Work counts operations of thread who until the clock reaches a time. It
	// is called twice, for warm-up and for the measurement.
	Work func(who int, until uint64) (operations uint64, err error)
	// Idle, if there is one, is called again and again by a thread that has
	// finished while others have not: for those that serve each other.
	Idle func(who int) error
}

// Span is how long a sample measures, and warms up before.
type Span struct{ Warmup, Duration time.Duration }

// Reading is one sample.
type Reading struct {
	Operations uint64
	Elapsed    time.Duration
	// Preempted is how often Linux gave a measuring thread's CPU to another.
	Preempted int64
}

// side is what one thread of a crew found.
type side struct {
	operations, began, ended uint64
	preempted                int64
	err                      error
}

// Crew runs a job on locked threads, one pinned to each CPU, and returns when
// all have finished. The threads end with it.
func Crew(cpus []int, span Span, j Job) (Reading, error) {
	clock := workload.ProcessClock()
	// Counted from a stamp that all threads share.
	ticksPer := func(d time.Duration) uint64 { return uint64(float64(d) * TicksPerNanosecond()) }
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
				if j.Idle != nil && mine.err == nil {
					mine.err = j.Idle(who)
				}
				w.Pause()
			}
			sides[who] = mine
		})
	}
	all.Wait()
	return together(sides, clock)
}

func (s *side) run(j Job, who int, measured, until uint64, clock *workload.Clock) {
	if _, s.err = j.Work(who, measured); s.err != nil {
		return
	}
	before := Preemptions()
	s.began = clock.Ticks()
	s.operations, s.err = j.Work(who, until)
	s.ended = clock.Ticks()
	s.preempted = Preemptions() - before
}

// together adds up the sides of one sample.
func together(sides []side, clock *workload.Clock) (Reading, error) {
	var r Reading
	began, ended := sides[0].began, sides[0].ended
	for who, s := range sides {
		if s.err != nil {
			return r, fmt.Errorf("thread %d: %w", who, s.err)
		}
		r.Operations += s.operations
		r.Preempted += s.preempted
		began, ended = min(began, s.began), max(ended, s.ended)
	}
	r.Elapsed = time.Duration(clock.Nanoseconds(ended - began))
	return r, nil
}

// Preemptions is how often the calling thread lost its CPU against its will.
func Preemptions() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &u) != nil {
		return 0
	}
	return u.Nivcsw
}

// TicksPerNanosecond is the rate of the process's clock.
func TicksPerNanosecond() float64 {
	const span = 1 << 40
	return span / float64(workload.ProcessClock().Nanoseconds(span))
}
