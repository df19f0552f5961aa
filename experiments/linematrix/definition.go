// Package linematrix is the experiment of the line matrix: how long a cache line
// takes between every two CPUs.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := linematrix.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package linematrix

import (
	"context"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// The relations of two CPUs, by what Linux says of them.
const (
	sibling   = "threads of one core"
	sameCache = "one last-level cache"
	sameNode  = "one node"
	otherNode = "other nodes"
)

// every is the CPU of a reading that is the median of all pairs of its relation.
const every = "all"

// Definition returns the experiment.
func Definition() *experiment.Definition {
	at := results.Where{"from_cpu": every, "to_cpu": every}
	table := "result files of nviennot/core-to-core-latency and KCORES/core-to-core-latency-plus: siblings 7 to 10 ns, one cache 23 to 51, another die 99 to 268, another socket 108 to 304"
	ahead := func(a, b string, by float64, needs shape.Needs, text string) shape.Shape {
		return shape.Shape{Text: text, Source: table, Metric: "relation_one_way_ns", Needs: needs, Judge: shape.Ahead{A: []string{a}, B: []string{b}, At: at, By: by}}
	}
	return &experiment.Definition{
		Name:   "line-matrix",
		Title:  "A cache line between every two CPUs",
		Claim:  "The time a line takes between two CPUs falls into blocks: threads of a core, cores of a cache, nodes.",
		Source: table,
		Method: "Two threads, pinned, exchange a line by compare-and-swap; the least disturbed of eight stretches of 128 round trips counts, halved. Every pair of CPUs is measured in every repetition. The relation of two CPUs is what Linux says; where a hypervisor moves virtual CPUs, it may be another from one second to the next, which the spread of the samples shows: no sample is left out for its placement, for that is what is measured.",
		Factors: []results.Column{
			{Name: "from_cpu", Label: "from CPU"},
			{Name: "to_cpu", Label: "to CPU"},
		},
		Metrics: []results.Column{
			{Name: "one_way_ns", Label: "a line's way from one CPU to the other, ns", Lower: true},
			{Name: "relation_one_way_ns", Label: "median over all pairs of the relation, ns", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "matrix", Title: "A line between every two CPUs", Kind: results.Heat, X: "to_cpu", Y: "from_cpu", Value: "one_way_ns"},
			{Name: "relations", Title: "By what Linux says of the CPUs", Kind: results.Bars, X: "variant", Y: "relation_one_way_ns", At: at},
		},
		Shapes: []shape.Shape{
			ahead(sibling, sameCache, 2, shape.Needs{Threads: 2}, "Between threads of one core a line takes half as long as between cores of one cache, or less"),
			ahead(sameCache, otherNode, 1.5, shape.Needs{Nodes: 2}, "Between nodes a line takes at least 1.5 times as long as in one cache"),
			ahead(sameCache, sameNode, 1.5, shape.Needs{Caches: 2}, "Between caches of one node a line takes at least 1.5 times as long as in one cache"),
			{
				Text: "Between caches of one node a line takes 310 ns at most", Source: table + ": no pair of any machine takes longer", Metric: "relation_one_way_ns", Needs: shape.Needs{Caches: 2},
				Judge: shape.AtMost{Variant: sameNode, At: at, Value: 310, Unit: " ns"},
			},
		},
		Blocks: blocks,
	}
}

type pair struct{ a, b int }

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	if len(lab.CPUs) < 2 {
		return nil, experiment.NeedCPUs(2, len(lab.CPUs))
	}
	pairs := map[string][]pair{}
	for i, a := range lab.CPUs {
		for _, b := range lab.CPUs[i+1:] {
			r := relation(lab.Topology, a, b)
			pairs[r] = append(pairs[r], pair{a, b})
		}
	}
	var cells experiment.Point
	for _, r := range []string{sibling, sameCache, sameNode, otherNode} {
		if all := pairs[r]; len(all) > 0 {
			cells = append(cells, cell(r, all))
		}
	}
	return []experiment.Block{experiment.Static("all pairs", []experiment.Point{cells})}, nil
}

// relation says how two CPUs are related.
func relation(t *numa.Topology, a, b int) string {
	x, _ := t.CPU(a)
	y, _ := t.CPU(b)
	switch {
	case x.Node != y.Node:
		return otherNode
	case x.L3 < 0 || x.L3 != y.L3:
		return sameNode
	case x.Core == y.Core && x.Package == y.Package:
		return sibling
	}
	return sameCache
}

// cell measures all pairs of a relation: a reading each way of each pair, and
// their median. It names no CPUs that a placement could be probed of: the
// placement is what it measures, and shapes compare across placements.
func cell(relation string, pairs []pair) experiment.Cell {
	return experiment.Cell{
		Variant: relation, Factors: []string{every, every},
		Take: func(ctx context.Context, _ measure.Span) (readings []experiment.Reading, err error) {
			var times []float64
			add := func(from, to, metric string, ns float64) {
				readings = append(readings, experiment.Reading{
					Factors: map[string]string{"from_cpu": from, "to_cpu": to}, Values: map[string]float64{metric: ns},
				})
			}
			for _, p := range pairs {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				trip, err := measure.RoundTrip([2]int{p.a, p.b})
				if err != nil {
					return nil, err
				}
				if trip == 0 {
					continue // disturbed throughout: not measured
				}
				ns := float64(trip.Nanoseconds()) / 2
				times = append(times, ns)
				a, b := strconv.Itoa(p.a), strconv.Itoa(p.b)
				add(a, b, "one_way_ns", ns)
				add(b, a, "one_way_ns", ns)
			}
			if len(times) > 0 {
				add(every, every, "relation_one_way_ns", measure.Median(times).Median)
			}
			return readings, nil
		},
	}
}
