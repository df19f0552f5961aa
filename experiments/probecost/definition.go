// Package probecost is the experiment of what probes cost those who are watched.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := probecost.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package probecost

import (
	"context"
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
)

// The variants.
const (
	off     = "no probes"
	sampled = "probes, 1 call in 64"
	all     = "probes, every call"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:    "probe-cost",
		Title:   "What probes cost those who are watched",
		Claim:   "A probe costs most of a microsecond a hit, so a run that is timed must carry none; one call in 64 is bearable.",
		Source:  "this project's measurements of eBPF on Linux 6.18: a uprobe on a 5-byte NOP 0.6 to 0.8 us a hit, a pair with its bookkeeping 2.4 to 3.8 us",
		Method:  "Machines of two kernels run the key-value service, 10 % writes, one operation outstanding a thread: with nothing attached, with probes at all sites that let one call in 64 pass, and with probes that every call passes. It is the one experiment that times a traced run, for that is what it asks. Where probes cannot be attached (no root, no uprobes) those rows are not measured, and a warning says why.",
		Factors: []results.Column{{Name: "structure", Label: "structure"}},
		Metrics: []results.Column{
			{Name: "ops_per_s", Label: "operations a second"},
			{Name: "latency_p50_ns", Label: "median latency, ns", Lower: true},
			{Name: "latency_p99_ns", Label: "99th percentile of latency, ns", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "rate", Title: "Operations a second", Kind: results.Bars, X: "structure", Y: "ops_per_s", LogY: true},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	const source = "this project's measurements of eBPF: 0.6 to 0.8 us a hit"
	at := results.Where{"structure": "nr"}
	return []shape.Shape{
		{
			Text:   "Probes that every call passes cost NR at least five times its operations",
			Source: source + "; an operation takes 0.1 us", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{off}, B: []string{all}, By: 5, At: at},
		},
		{
			Text:   "One call in 64 costs NR less than half of its operations",
			Source: source, Metric: "ops_per_s",
			Judge: shape.Near{A: sampled, B: off, At: at, Within: 2},
		},
		{
			Text:   "Probes that every call passes cost the multikernel at least twice its operations",
			Source: source + "; a message there and back takes 0.2 us", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{off}, B: []string{all}, By: 2, At: results.Where{"structure": "multikernel"}},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	return []experiment.Block{{Name: "2x1", Open: func(ctx context.Context) ([]experiment.Point, func() error, error) {
		set, err := machines.Boot(ctx, lab, "2x1", machines.Structures()[:2])
		if err != nil {
			return nil, nil, err
		}
		var points []experiment.Point
		for _, m := range set {
			points = append(points, experiment.Point{cell(lab, m, off, 0), cell(lab, m, sampled, 64), cell(lab, m, all, 1)})
		}
		return points, set.Close, nil
	}}}, nil
}

// cell samples a machine while one in so many calls passes its probes; 0 attaches
// nothing.
func cell(lab *experiment.Lab, m *machines.Machine, variant string, every uint64) experiment.Cell {
	spec := machines.Spec(lab, 10, 1, 1)
	c := m.Cell([]string{m.Name}, spec)
	c.Variant = variant
	if every == 0 {
		return c
	}
	take := c.Take
	c.Take = func(ctx context.Context, span measure.Span) (_ []experiment.Reading, err error) {
		s, err := watch(ctx, m, every)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		if err := s.ProbeError(); err != nil {
			lab.Warn(fmt.Sprintf("%s: not measured: %v", variant, err))
			return nil, nil
		}
		return take(ctx, span)
	}
	return c
}

// watch attaches probes to a machine.
func watch(ctx context.Context, m *machines.Machine, every uint64) (*tracing.Session, error) {
	sites, err := m.Sites(ctx, node.SitesRequest{Every: every})
	if err != nil {
		return nil, err
	}
	o := tracing.Options{Places: sites.Places, Every: sites.Every}
	if o.PerCall, err = counter.Choose(counter.ThisCPU(), []string{"page-faults"}); err != nil {
		return nil, err
	}
	for _, k := range sites.Kernels {
		o.Targets = append(o.Targets, probe.Target{Node: k.Node, PID: k.PID})
	}
	return tracing.Start(o)
}
