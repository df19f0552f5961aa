package bench

import (
	"time"

	"github.com/nrkern/nrkern/measure"
)

// A job is what the threads of a crew do: see measure.Job.
type job struct {
	work func(who int, until uint64) (operations uint64, err error)
	idle func(who int) error
}

// Span is how long a sample measures, and warms up before.
type Span = measure.Span

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

// crew runs a job on locked threads, one pinned to each CPU.
func crew(cpus []int, span Span, j job) (reading, error) {
	r, err := measure.Crew(cpus, span, measure.Job{Work: j.work, Idle: j.idle})
	return reading{operations: r.Operations, elapsed: r.Elapsed, preempted: r.Preempted}, err
}

// The statistics and the placement probe, which the experiments use too.
type (
	// Estimate is a median, or a ratio of medians, with its interval.
	Estimate = measure.Estimate
	// Placement is where two CPUs are to each other.
	Placement = measure.Placement
)

// The placements.
const (
	Sibling = measure.Sibling
	SameL3  = measure.SameL3
	Far     = measure.Far
	Unknown = measure.Unknown
	OneCPU  = measure.OneCPU
	// Processes is no placement either: Linux schedules kernel processes, and
	// nobody probes where their CPUs are to each other.
	Processes Placement = "processes"
)
