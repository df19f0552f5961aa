package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
)

// machineRounds is how often each machine is booted, at most.
const machineRounds = 3

// fewCores boots machines with more kernels than CPUs, each beside one of two
// kernels that has the same load.
func fewCores(s *Session) ([]Line, error) {
	const factor = 1.0 / 5
	two := func(mode node.Mode, window int) kernels {
		return kernels{"2 nodes", mode, "2x1", 0, window, 10}
	}
	more := func(name string, mode node.Mode, topology string, window, log int) kernels {
		return kernels{name, mode, topology, log, window, 10}
	}
	var lines []Line
	for _, c := range []struct {
		point   string
		ours    kernels
		beside  kernels
		target  *Target // of the ratio
		atLeast *Target // of our rate itself
	}{
		{"nr, window 1", more("8 nodes", node.ModeNR, "8x1", 1, 0), two(node.ModeNR, 1), atLeast(factor), nil},
		{"nr, window 16", more("8 nodes", node.ModeNR, "8x1", 16, 0), two(node.ModeNR, 16), atLeast(factor), nil},
		{"nr, window 1, log of 1,024", more("8 nodes", node.ModeNR, "8x1", 1, 1024), two(node.ModeNR, 1), atLeast(factor), nil},
		{"messages, window 16", more("8 nodes", node.ModeMultikernel, "8x1", 16, 0), two(node.ModeMultikernel, 16), atLeast(factor), nil},
		{"messages, window 1", more("4 nodes", node.ModeMultikernel, "4x1", 1, 0), two(node.ModeMultikernel, 1), nil, atLeast(0.5)},
	} {
		got, err := s.fewAt(c.point, c.ours, c.beside, c.target, c.atLeast)
		lines = append(lines, in(c.point, orFailed(got, err)...)...)
	}
	return lines, nil
}

func (s *Session) fewAt(point string, ours, beside kernels, target, floor *Target) ([]Line, error) {
	series := Series{Row: "few-cores/" + strings.NewReplacer(", ", "/", ",", "", " ", "-").Replace(point), Unit: MopsPerS, Placement: Processes, Variants: []Samples{{Name: ours.name}, {Name: beside.name}}}
	var tails, stolen []float64
	worst, policy := time.Duration(0), ""
	rounds := min(machineRounds, s.Rounds)
	for range rounds {
		for i, k := range []kernels{ours, beside} {
			if err := s.ctx.Err(); err != nil {
				return nil, err
			}
			r, err := s.bench(k)
			if err != nil {
				return nil, err
			}
			series.Variants[i].Values = append(series.Variants[i].Values, r.opsPerS/1e6)
			if i == 0 {
				tails, stolen = append(tails, float64(r.p9999)), append(stolen, r.stolen)
				worst, policy = max(worst, r.most), r.policy.String()
			}
		}
	}
	s.series = append(s.series, series)
	lines := []Line{compare(&series, ours.name, beside.name, target)}
	if floor != nil {
		l := alone(ours.name, MopsPerS, measure.Median(series.Variants[0].Values), floor)
		l.Placement = Processes
		lines = append(lines, l)
	}
	const tailLimit = 100 * time.Millisecond
	l := alone(ours.name+", p99.99", Latency, measure.Median(tails), atMost(float64(tailLimit)))
	l.Placement = Processes
	l.Reason = fmt.Sprintf("over %d x %v; longest operation %v; stolen by the host %.1f %%; waiting %s",
		rounds, s.Machines, worst, 100*slices.Max(stolen), policy)
	return append(lines, l), nil
}
