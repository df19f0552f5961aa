package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nrkern/nrkern/measure"
)

// cell is what the counted samples of one variant at one point say together.
type cell struct {
	Structure string `json:"structure"`
	point
	Samples         int      `json:"samples"`
	OpsPerS         float64  `json:"ops_per_s"` // median
	OpsPerSMin      float64  `json:"ops_per_s_min"`
	OpsPerSMax      float64  `json:"ops_per_s_max"`
	LatencyP50      int64    `json:"latency_p50_ns"`
	LatencyP99      int64    `json:"latency_p99_ns"`
	HandOversPerOp  *float64 `json:"handovers_per_op"`
	LogEntriesPerOp *float64 `json:"log_entries_per_op"`
	MessagesPerOp   *float64 `json:"messages_per_op"`
	// Best is set for the best lock of biglock at this point, and for the other
	// structures: these are compared.
	Best bool `json:"best"`
}

// spread is half the range, in percent of the median.
func (c *cell) spread() float64 {
	if c.OpsPerS == 0 {
		return 0
	}
	return 50 * (c.OpsPerSMax - c.OpsPerSMin) / c.OpsPerS
}

// family is the structure without its lock.
func (c *cell) family() string {
	name, _, _ := strings.Cut(c.Structure, "/")
	return name
}

// countSamples marks the samples to compare: those taken while the CPUs were
// as far apart as in most samples. A cell that would have none keeps all.
func countSamples(samples []sample) distance {
	times := map[distance]int{}
	for _, s := range samples {
		if s.Distance != "changed" {
			times[s.Distance]++
		}
	}
	usual := notMeasured
	for _, d := range []distance{siblings, sameCache, farApart} {
		if times[d] > times[usual] {
			usual = d
		}
	}
	some := map[string]map[point]bool{}
	for i := range samples {
		s := &samples[i]
		if s.Counted = s.Distance == usual; s.Counted {
			if some[s.Structure] == nil {
				some[s.Structure] = map[point]bool{}
			}
			some[s.Structure][s.point] = true
		}
	}
	for i := range samples {
		if s := &samples[i]; !some[s.Structure][s.point] {
			s.Counted = true
		}
	}
	return usual
}

// cellsOf sums the counted samples up, in the order in which they came.
func cellsOf(samples []sample) []cell {
	groups := map[string]map[point][]sample{}
	var cells []cell
	for _, s := range samples {
		if groups[s.Structure] == nil {
			groups[s.Structure] = map[point][]sample{}
		}
		if groups[s.Structure][s.point] == nil {
			cells = append(cells, cell{Structure: s.Structure, point: s.point})
		}
		groups[s.Structure][s.point] = append(groups[s.Structure][s.point], s)
	}
	for i := range cells {
		cells[i].fill(groups[cells[i].Structure][cells[i].point])
	}
	markBest(cells)
	return cells
}

func (c *cell) fill(samples []sample) {
	var counted []sample
	for _, s := range samples {
		if s.Counted {
			counted = append(counted, s)
		}
	}
	c.Samples = len(counted)
	rates := values(counted, func(s sample) float64 { return s.OpsPerS })
	c.OpsPerS, c.OpsPerSMin, c.OpsPerSMax = measure.Median(rates).Median, slices.Min(rates), slices.Max(rates)
	c.LatencyP50 = int64(measure.Median(values(counted, func(s sample) float64 { return float64(s.LatencyP50) })).Median)
	c.LatencyP99 = int64(measure.Median(values(counted, func(s sample) float64 { return float64(s.LatencyP99) })).Median)
	c.HandOversPerOp = medianOf(counted, func(s sample) *float64 { return s.HandOversPerOp })
	c.LogEntriesPerOp = medianOf(counted, func(s sample) *float64 { return s.LogEntriesPerOp })
	c.MessagesPerOp = medianOf(counted, func(s sample) *float64 { return s.MessagesPerOp })
}

func values(samples []sample, of func(sample) float64) []float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, of(s))
	}
	return all
}

// medianOf is the median of what not every structure has.
func medianOf(samples []sample, of func(sample) *float64) *float64 {
	var all []float64
	for _, s := range samples {
		if v := of(s); v != nil {
			all = append(all, *v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	m := measure.Median(all).Median
	return &m
}

// markBest marks, at each point, the best variant of each structure.
func markBest(cells []cell) {
	best := map[string]map[point]int{}
	for i := range cells {
		c := &cells[i]
		if best[c.family()] == nil {
			best[c.family()] = map[point]int{}
		}
		if j, seen := best[c.family()][c.point]; !seen || c.OpsPerS > cells[j].OpsPerS {
			best[c.family()][c.point] = i
		}
	}
	for _, at := range best {
		for _, i := range at {
			cells[i].Best = true
		}
	}
}

// contenders are the cells to compare at a point, the fastest first.
func contenders(cells []cell, p point) []*cell {
	var all []*cell
	for i := range cells {
		if cells[i].Best && cells[i].point == p {
			all = append(all, &cells[i])
		}
	}
	slices.SortStableFunc(all, func(a, b *cell) int { return cmp.Compare(b.OpsPerS, a.OpsPerS) })
	return all
}
