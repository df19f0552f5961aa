package workload

import (
	"errors"
	"time"
)

// ErrNothingDone is the error of a run in which the host gave its threads so
// little time that nothing was completed: a longer one may do.
var ErrNothingDone = errors.New("no operation was completed")

// Outcome is what one worker did while it measured, or several, merged.
type Outcome struct {
	Workers    int    `json:"workers"`
	Operations uint64 `json:"operations"`
	Reads      uint64 `json:"reads"`
	Writes     uint64 `json:"writes"`
	// Failures counts operations, among the others, with an answer that the
	// workload does not expect. FirstFailure shows one.
	Failures     uint64 `json:"failures"`
	FirstFailure string `json:"first_failure,omitempty"`
	// Elapsed is the time the worker measured: of several, the longest.
	Elapsed time.Duration `json:"elapsed_ns"`
	// LatencyMax bounds the latency of every operation from above.
	LatencyMax time.Duration `json:"latency_max_ns"`
	// Latency has one operation in 16.
	Latency *Histogram `json:"latency_histogram"`
}

// Merge adds what another worker did at the same time.
func (o *Outcome) Merge(other Outcome) {
	o.Workers += other.Workers
	o.Operations += other.Operations
	o.Reads += other.Reads
	o.Writes += other.Writes
	o.Failures += other.Failures
	if o.FirstFailure == "" {
		o.FirstFailure = other.FirstFailure
	}
	o.Elapsed = max(o.Elapsed, other.Elapsed)
	o.LatencyMax = max(o.LatencyMax, other.LatencyMax)
	if o.Latency == nil {
		o.Latency = NewHistogram()
	}
	if other.Latency != nil {
		o.Latency.Merge(other.Latency)
	}
}

// Summary is an Outcome in the figures that people compare.
type Summary struct {
	Operations uint64  `json:"operations"`
	Failures   uint64  `json:"failures"`
	OpsPerS    float64 `json:"ops_per_s"`
	// LatencySamples is the number of operations behind the percentiles.
	LatencySamples int64 `json:"latency_samples"`
	LatencyP50     int64 `json:"latency_p50_ns"`
	LatencyP99     int64 `json:"latency_p99_ns"`
	LatencyP999    int64 `json:"latency_p999_ns"`
	LatencyMax     int64 `json:"latency_max_ns"`
}

// Summary returns the figures. All are 0 if nothing was measured.
func (o Outcome) Summary() Summary {
	s := Summary{Operations: o.Operations, Failures: o.Failures, LatencyMax: int64(o.LatencyMax)}
	if o.Elapsed > 0 {
		s.OpsPerS = float64(o.Operations) / o.Elapsed.Seconds()
	}
	if o.Latency != nil && o.Latency.Count() > 0 {
		s.LatencySamples = o.Latency.Count()
		// A bucket of the histogram may end above the bound.
		at := func(q float64) int64 { return min(o.Latency.Quantile(q), s.LatencyMax) }
		s.LatencyP50, s.LatencyP99, s.LatencyP999 = at(0.5), at(0.99), at(0.999)
	}
	return s
}
