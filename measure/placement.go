package measure

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Placement is where two CPUs are to each other, by the time a cache line takes
// between them.
type Placement string

// The placements.
const (
	Sibling Placement = "smt-sibling" // two threads of one core
	SameL3  Placement = "same-l3"     // two cores with one last-level cache
	Far     Placement = "far"         // other caches, other dies, other sockets
	Unknown Placement = "unknown"     // the probe was disturbed throughout
	// OneCPU is no placement: the row ran on one CPU.
	OneCPU Placement = "one-cpu"
	// Changed is what a sample has whose probes before and after it differ.
	Changed Placement = "changed"
)

// nearly is the ratio up to which two round trips are one: on either side of a
// bound they mean no move.
const nearly = 1.25

// Around names the placement of a sample from the round trips before and after
// it.
func Around(before, after time.Duration) Placement {
	p := Classify(before)
	switch {
	case Classify(after) == p:
		return p
	case before > 0 && after > 0 && float64(max(before, after)) <= nearly*float64(min(before, after)):
		return Classify((before + after) / 2)
	}
	return Changed
}

// Words says what a placement is to a person.
func (p Placement) Words() string {
	switch p {
	case Sibling:
		return "SMT siblings"
	case SameL3:
		return "one last-level cache"
	case Far:
		return "far apart"
	case OneCPU:
		return "one CPU"
	case Changed:
		return "changed"
	}
	return "not measured"
}

// The round trips of this probe fall into three heaps: on an EPYC of the third
// generation 44 to 46 ns between siblings, 72 to 90 in one cache and 340 to 470
// beyond. Other ways to exchange a line gave up to 54, 115 to 135 and 390 to
// 530. The bounds lie between all of these.
const (
	siblingBelow = 58 * time.Nanosecond
	sameL3Below  = 200 * time.Nanosecond
	disturbed    = 2 * time.Microsecond // above it other programs took the time
)

// Classify names the placement of a round-trip time; 0 is Unknown.
func Classify(roundTrip time.Duration) Placement {
	switch {
	case roundTrip <= 0, roundTrip > disturbed:
		return Unknown
	case roundTrip < siblingBelow:
		return Sibling
	case roundTrip < sameL3Below:
		return SameL3
	default:
		return Far
	}
}

const (
	probeChunk = 128                   // round trips in a timing
	probeGoal  = 8                     // timings in a probe
	probeLimit = 20 * time.Millisecond // for both threads to get their CPUs
)

// RoundTrip exchanges a line between two CPUs by compare-and-swap, for about a
// quarter of a millisecond, and returns the round trip of the least disturbed
// stretch; 0 if there was none within the limit. Two CPUs are needed: a CPU has
// no distance to itself, so that is an error.
func RoundTrip(cpus [2]int) (roundTrip time.Duration, err error) {
	if cpus[0] == cpus[1] {
		return 0, fmt.Errorf("CPU %d: a round trip needs two CPUs", cpus[0])
	}
	const over = 1 << 62
	turn := &transport.Apart[transport.Line](1)[0]
	clock := workload.ProcessClock()
	var all sync.WaitGroup
	var errs [2]error
	lead := func() {
		end := time.Now().Add(probeLimit)
		best := uint64(0)
		at := uint64(0)
		w := transport.NewWaiter(&transport.Dedicated)
		exchange := func() bool {
			turn.CompareAndSwap(at, at+1)
			at += 2
			for n := 1; turn.Load() != at; n++ {
				if n%1024 == 0 && time.Now().After(end) {
					return false
				}
				w.Pause()
			}
			w.Reset()
			return true
		}
		for range probeGoal {
			before := clock.Ticks()
			for range probeChunk {
				if !exchange() {
					turn.Swap(over)
					return
				}
			}
			if took := clock.Ticks() - before; best == 0 || took < best {
				best = took
			}
		}
		turn.Swap(over)
		roundTrip = time.Duration(clock.Nanoseconds(best) / probeChunk)
	}
	follow := func() {
		w := transport.NewWaiter(&transport.Dedicated)
		for at := uint64(1); ; at += 2 {
			for seen := turn.Load(); seen != at; seen = turn.Load() {
				if seen == over {
					return
				}
				w.Pause()
			}
			w.Reset()
			turn.CompareAndSwap(at, at+1)
		}
	}
	for i, side := range []func(){lead, follow} {
		all.Go(func() {
			runtime.LockOSThread() // for life: the thread stays pinned
			if errs[i] = numa.Pin(cpus[i]); errs[i] != nil {
				turn.Swap(over)
				return
			}
			side()
		})
	}
	all.Wait()
	if errs[0] != nil {
		return 0, errs[0]
	}
	return roundTrip, errs[1]
}
