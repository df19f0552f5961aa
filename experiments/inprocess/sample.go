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
			o, traffic, err := g.patiently(ctx, cpus, spec, span)
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

// tries is how often a sample is taken anew, each time for longer, when the host
// gave its threads so little time that not one operation was completed.
const tries = 4

// errNothingDone is the error of a sample without an operation.
var errNothingDone = errors.New("no operation was completed")

// patiently samples for longer where nothing was done.
func (g *Group) patiently(ctx context.Context, cpus []int, spec workload.Spec, span measure.Span) (o workload.Outcome, t transport.Traffic, err error) {
	for range tries {
		if o, t, err = g.Sample(ctx, cpus, spec, span); !errors.Is(err, errNothingDone) {
			return o, t, err
		}
		span.Duration *= 4
	}
	return o, t, err
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
		return outcomes[0], fmt.Errorf("%w within %v", errNothingDone, spec.Duration.Round(time.Millisecond))
	}
	return outcomes[0], nil
}
