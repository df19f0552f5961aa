package workload

import "github.com/nrkern/nrkern/transport"

// Progress is what a worker has done so far, for others to read while it works.
// Only the worker writes it; readers see it a few dozen operations late.
type Progress struct {
	Operations transport.Counter
	// latencies counts the sampled operations, by how long they took.
	latencies [transport.DurationClasses]transport.Counter
}

// Latency is how many sampled operations took so long.
type Latency struct {
	// AtMost is the upper bound of a class that is a quarter of a power of two
	// wide.
	AtMost     uint64 `json:"at_most_ns"`
	Operations uint64 `json:"operations"`
}

func (p *Progress) took(ns uint64) { p.latencies[transport.DurationClass(ns)].Add(1) }

// Latencies are sampled latencies by class.
type Latencies transport.Durations

// Add adds what a worker has sampled so far.
func (l *Latencies) Add(p *Progress) {
	for i := range l {
		l[i] += p.latencies[i].Load()
	}
}

// Classes returns those that have any, in ascending order.
func (l *Latencies) Classes() []Latency {
	found := []Latency{}
	for i, n := range l {
		if n > 0 {
			found = append(found, Latency{transport.DurationAtMost(i), n})
		}
	}
	return found
}

// SinceLatencies returns what came after an earlier reading of the same
// counters.
func SinceLatencies(now, before []Latency) []Latency {
	had := map[uint64]uint64{}
	for _, l := range before {
		had[l.AtMost] = l.Operations
	}
	found := []Latency{}
	for _, l := range now {
		if l.Operations -= min(had[l.AtMost], l.Operations); l.Operations > 0 {
			found = append(found, l)
		}
	}
	return found
}

// QuantileOf returns an upper bound of the latency that a share of the sampled
// operations did not exceed, at most a quarter too large, and false if there are
// none.
func QuantileOf(latencies []Latency, q float64) (ns uint64, ok bool) {
	var d transport.Durations
	for _, l := range latencies {
		d[transport.DurationClass(l.AtMost)] += l.Operations
	}
	return d.Quantile(q)
}
