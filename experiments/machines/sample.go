package machines

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// tries is how often a sample is taken anew, each time for longer, when the
// host gave its threads so little time that not one operation was completed.
const tries = 3

// Sample runs a workload once.
func (m *Machine) Sample(ctx context.Context, spec workload.Spec, span measure.Span) (*node.BenchResult, error) {
	spec.Warmup, spec.Duration = span.Warmup, span.Duration
	for try := 1; ; try++ {
		r, err := m.Bench(ctx, node.BenchRequest{Spec: spec})
		switch {
		case err == nil && r.Failures > 0:
			return nil, fmt.Errorf("%s: %w: %d of %d operations, the first: %s", m.Name, experiment.ErrWrongAnswer, r.Failures, r.Operations, r.FirstFailure)
		case err == nil:
			return r, nil
		case try == tries, ctx.Err() != nil, errors.Is(err, node.ErrKernelDied), errors.Is(err, node.ErrStopped), errors.Is(err, node.ErrUsage):
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		spec.Duration = min(4*spec.Duration, 5*time.Second)
	}
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
