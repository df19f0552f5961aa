package inprocess

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Maker makes a structure.
type Maker struct {
	Name string
	Make func(Shape) (*Group, error)
}

// Makers returns all structures, the big lock with each of its locks, named as
// machines are.
func Makers() []Maker {
	all := []Maker{{"nr", NR}, {"multikernel", Multikernel}}
	for _, k := range biglock.Kinds() {
		all = append(all, Maker{"biglock/" + string(k), func(s Shape) (*Group, error) { return BigLock(k, s) }})
	}
	return all
}

// Fill stores a value under each of the keys of a workload.
func (g *Group) Fill(spec workload.Spec) error {
	return workload.Prefill(g.Ports[0], spec, 0, 1)
}

// Cell is a cell that samples a workload on the group, which is filled, with a
// thread for each port on the CPUs in turn.
func (g *Group) Cell(variant string, factors []string, spec workload.Spec, cpus []int) experiment.Cell {
	return experiment.Cell{
		Variant: variant, Factors: factors, CPUs: cpus,
		Take: func(ctx context.Context, span measure.Span) ([]experiment.Reading, error) {
			var o workload.Outcome
			var traffic transport.Traffic
			err := experiment.Longer(span, func(span measure.Span) (err error) {
				o, traffic, err = g.Sample(ctx, cpus, spec, span)
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", variant, err)
			}
			v := experiment.Values(o.Summary(), traffic)
			for _, name := range g.lacks {
				delete(v, name)
			}
			return experiment.One(v), nil
		},
	}
}

// Sample runs the workload on a thread for each port, pinned to the CPUs in
// turn, and returns what they did and what crossed between nodes meanwhile.
func (g *Group) Sample(ctx context.Context, cpus []int, spec workload.Spec, span measure.Span) (workload.Outcome, transport.Traffic, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(len(g.Ports) + len(g.nodes) + 2))
	spec.Prefill, spec.Warmup, spec.Duration = true, 0, span.Warmup
	if span.Warmup > 0 {
		if _, err := g.once(ctx, cpus, spec); err != nil {
			return workload.Outcome{}, transport.Traffic{}, err
		}
	}
	spec.Duration = span.Duration
	before := g.Traffic()
	o, err := g.once(ctx, cpus, spec)
	if err == nil && o.Failures > 0 {
		err = fmt.Errorf("%w: %d of %d operations, the first: %s", experiment.ErrWrongAnswer, o.Failures, o.Operations, o.FirstFailure)
	}
	return o, g.Traffic().Sub(before), err
}

func (g *Group) once(ctx context.Context, cpus []int, spec workload.Spec) (workload.Outcome, error) {
	ctl := new(workload.Control)
	outcomes := make([]workload.Outcome, len(g.Ports))
	errs := make([]error, len(g.Ports)+1)
	var all sync.WaitGroup
	for who, p := range g.Ports {
		all.Go(func() {
			runtime.LockOSThread() // for life: the thread stays pinned
			if errs[who] = numa.Pin(cpus[who%len(cpus)]); errs[who] != nil {
				ctl.Stop()
				return
			}
			outcomes[who], errs[who] = workload.Run(p, spec, who, ctl)
		})
	}
	errs[len(g.Ports)] = ctl.Conduct(ctx, spec, len(g.Ports))
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return workload.Outcome{}, err
	}
	for _, o := range outcomes[1:] {
		outcomes[0].Merge(o)
	}
	if outcomes[0].Operations == 0 {
		return outcomes[0], fmt.Errorf("%w within %v", workload.ErrNothingDone, spec.Duration.Round(time.Millisecond))
	}
	return outcomes[0], nil
}
