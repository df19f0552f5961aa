package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// point is a load that all variants get.
type point struct {
	WriteRatio float64 `json:"write_ratio_percent"`
	Window     int     `json:"window"`
}

// points are the loads, in the order in which they are shown.
func (d *demonstration) points() []point {
	var all []point
	for _, window := range d.windows {
		for _, writes := range d.writeRatios {
			all = append(all, point{WriteRatio: writes, Window: window})
		}
	}
	return all
}

// sample is one run of one variant at one point.
type sample struct {
	Structure string `json:"structure"`
	point
	Repetition      int      `json:"repetition"`
	OpsPerS         float64  `json:"ops_per_s"`
	LatencyP50      int64    `json:"latency_p50_ns"`
	LatencyP99      int64    `json:"latency_p99_ns"`
	HandOversPerOp  *float64 `json:"handovers_per_op"`
	LogEntriesPerOp *float64 `json:"log_entries_per_op"`
	MessagesPerOp   *float64 `json:"messages_per_op"`
	Failures        uint64   `json:"failures"`
	// RoundTrip is that of a cache line between CPUs of two nodes, before and
	// after; null if it could not be measured.
	RoundTripBefore *int64 `json:"round_trip_before_ns"`
	RoundTripAfter  *int64 `json:"round_trip_after_ns"`
	// Distance is what both round trips say of the CPUs, if they agree.
	Distance distance `json:"cpu_distance"`
	Counted  bool     `json:"counted"` // at the distance of most samples
}

const (
	warmup = 30 * time.Millisecond
	// overhead is what a sample takes besides warm-up and measurement: threads,
	// prefill, round trips.
	overhead = 55 * time.Millisecond
	// closing is the time kept for the checks at the end.
	closing = 2 * time.Second

	shortest = 20 * time.Millisecond
	longest  = time.Second
)

// sampleDuration shares the time that is left out to the samples.
func sampleDuration(left time.Duration, samples int) time.Duration {
	each := (left-closing)/time.Duration(samples) - warmup - overhead
	return max(shortest, min(longest, each)).Round(time.Millisecond)
}

// sampleAll takes the samples. The variants take turns at each point, in
// another order in each repetition, so that what the host does meanwhile hits
// all alike. When time runs out, the samples end, after the first repetition.
func (d *demonstration) sampleAll(ctx context.Context, r *demoReport, variants []*variant, t *numa.Topology, deadline time.Time) error {
	r.Duration = sampleDuration(time.Until(deadline), len(r.points)*len(variants)*d.repetitions)
	near := probeBetween(t)
	for repetition := range d.repetitions {
		r.Repetitions++ // the last may be cut short
		began := time.Now()
		before := near()
		for _, p := range r.points {
			if repetition > 0 && time.Until(deadline) < closing {
				d.s.log.Info("out of time", numberOf("repetition", repetition+1), numberOf("of", d.repetitions))
				return nil
			}
			for i := range variants {
				v := variants[(i+repetition)%len(variants)]
				found, err := d.bench(ctx, v, d.spec(p, r.Duration))
				if err != nil {
					return err
				}
				after := near()
				r.Samples = append(r.Samples, newSample(v, p, repetition, found, before, after))
				before = after
			}
		}
		took := time.Since(began).Round(100 * time.Millisecond)
		d.s.log.Info("measured", numberOf("repetition", repetition+1), numberOf("of", d.repetitions), text("took", took.String()))
	}
	return nil
}

// tries is how often a sample is taken anew, each time for longer, when the
// host gave its threads so little time that not one operation was completed.
const tries = 3

func (d *demonstration) bench(ctx context.Context, v *variant, spec workload.Spec) (*node.BenchResult, error) {
	for try := 1; ; try++ {
		found, err := v.machine.Bench(ctx, node.BenchRequest{Spec: spec})
		switch {
		case err == nil:
			return found, nil
		case try == tries || ctx.Err() != nil || isAny(err, node.ErrKernelDied, node.ErrStopped, node.ErrUsage):
			return nil, fmt.Errorf("%s: %w", v.name(), err)
		}
		spec.Duration *= 4
		d.s.log.Warn("once more, for longer", text("structure", v.name()), text("why", err.Error()))
	}
}

// probeBetween returns a probe of the round trip between the first CPUs of the
// first two nodes; it returns 0 where there is nothing to probe.
func probeBetween(t *numa.Topology) func() time.Duration {
	if len(t.Nodes) < 2 {
		return func() time.Duration { return 0 }
	}
	one, other := t.Nodes[0].Cores[0], t.Nodes[1].Cores[0]
	return func() time.Duration {
		d, err := measure.RoundTrip([2]int{one, other})
		if err != nil {
			return 0
		}
		return d
	}
}

func newSample(v *variant, p point, repetition int, found *node.BenchResult, before, after time.Duration) sample {
	s := sample{
		Structure: v.name(), point: p, Repetition: repetition, OpsPerS: found.OpsPerS,
		LatencyP50: found.LatencyP50, LatencyP99: found.LatencyP99,
		HandOversPerOp: found.HandOversPerOp, LogEntriesPerOp: found.LogEntriesPerOp, MessagesPerOp: found.MessagesPerOp,
		Failures: found.Failures, Distance: distanceOf(measure.Around(before, after)),
	}
	s.RoundTripBefore, s.RoundTripAfter = measured(before), measured(after)
	return s
}

func measured(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	ns := d.Nanoseconds()
	return &ns
}
