package bench

import (
	"fmt"
	"time"
)

// The states beside which the collector runs. Each has a process of its own,
// so that no other's heap is in it, as a kernel process has.
const (
	stateLarge   = "state-large"   // kv, pointer-free
	stateEmpty   = "state-empty"   // kv with a few keys
	statePointer = "state-pointer" // a Go map of byte slices, as one would first write it
)

// collector compares the tail of the latency of a large replica with that of
// an empty one while the Go collector is at work, and shows what a map of
// pointers does there.
func collector(s *Session) ([]Line, error) {
	if s.Self == "" {
		return nil, fmt.Errorf("%w: the command was not told its own path, to start processes with a heap of their own", ErrNotMeasured)
	}
	const ratioLimit, stallLimit = 3, 2 * time.Millisecond
	names := []string{stateLarge, stateEmpty, statePointer}
	worst := map[string]time.Duration{}
	preempted := map[string]int{}
	rounds := 0
	var variants []variant
	for _, name := range names {
		c, err := startChild(s.Self, serveMode)
		if err != nil {
			return nil, err
		}
		defer func() { _ = c.close() }()
		variants = append(variants, variant{name, func(span Span) (reading, error) {
			r, err := c.sample(name, s.cpus, span, s.StateBytes)
			worst[name] = max(worst[name], r.worst)
			if r.preempted > 0 {
				preempted[name]++
			}
			// The collector's own threads take the CPUs too: that is what is
			// measured here.
			r.preempted = 0
			rounds++
			return r, err
		}, func(r reading) float64 { return float64(r.p999) }})
	}
	span := Span{Warmup: s.Span.Warmup, Duration: 8 * s.Span.Duration}
	found, err := s.interleave(how{row: "collector/p99.9", unit: Latency, span: span}, variants)
	if err != nil {
		return nil, err
	}
	size := fmt.Sprintf("%d MB", s.StateBytes>>20)
	lines := in(size+", p99.9", append(compareAll(found, stateLarge, stateEmpty, atMost(ratioLimit)),
		compareAll(found, statePointer, stateEmpty, nil)...)...)
	for _, name := range names {
		var t *Target
		if name == stateLarge {
			t = atMost(float64(stallLimit))
		}
		l := alone(name, LatencyMax, exactly(float64(worst[name])), t)
		l.Case = size + ", worst"
		l.Reason = fmt.Sprintf("in %d of %d samples the collector or other programs took a CPU", preempted[name], rounds/len(names))
		lines = append(lines, l)
	}
	return lines, nil
}
