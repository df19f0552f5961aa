package machines

import (
	"context"
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Spec returns the workload that experiments vary: 50,000 words, and what the
// arguments say.
func Spec(lab *experiment.Lab, writes float64, window, threadsPerNode int) workload.Spec {
	s := workload.Default()
	s.WriteRatio, s.Window, s.ThreadsPerNode, s.Seed = writes, window, threadsPerNode, lab.Seed
	return s
}

// Cell is a cell that samples a workload on the machine.
func (m *Machine) Cell(factors []string, spec workload.Spec) experiment.Cell {
	cpus := m.CPUs
	if spec.ThreadsPerNode*len(m.Topology().Nodes) < 2 {
		cpus = cpus[:1]
	}
	return experiment.Cell{
		Variant: m.Name, Factors: factors, CPUs: cpus,
		Take: func(ctx context.Context, span measure.Span) ([]experiment.Reading, error) {
			r, err := m.Sample(ctx, spec, span)
			if err != nil {
				return nil, err
			}
			return experiment.One(Values(r)), nil
		},
	}
}

// Sample runs a workload once, and for longer if nothing was done.
func (m *Machine) Sample(ctx context.Context, spec workload.Spec, span measure.Span) (r *node.BenchResult, err error) {
	err = experiment.Longer(span, func(span measure.Span) error {
		spec.Warmup, spec.Duration = span.Warmup, span.Duration
		r, err = m.Bench(ctx, node.BenchRequest{Spec: spec})
		if err == nil && r.Failures > 0 {
			err = fmt.Errorf("%w: %d of %d operations, the first: %s", experiment.ErrWrongAnswer, r.Failures, r.Operations, r.FirstFailure)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name, err)
	}
	return r, nil
}

// Values returns the metrics of a result. What a structure does not have is not
// there.
func Values(r *node.BenchResult) map[string]float64 {
	v := experiment.Values(r.Summary, Traffic(r))
	if r.LogEntriesPerOp == nil {
		delete(v, "log_entries_per_op")
	}
	if r.MessagesPerOp == nil {
		delete(v, "messages_per_op")
	}
	return v
}

// Traffic adds up what all nodes saw.
func Traffic(r *node.BenchResult) (t transport.Traffic) {
	for _, n := range r.ByNode {
		t = t.Add(n.Traffic)
	}
	return t
}
