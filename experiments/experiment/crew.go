package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// tries is how often a sample is taken anew, each time for longer, when the host
// gave its threads so little time that not one operation was completed.
const tries = 4

// Longer samples for longer where nothing was done (workload.ErrNothingDone).
func Longer(span measure.Span, sample func(measure.Span) error) (err error) {
	for range tries {
		if err = sample(span); !errors.Is(err, workload.ErrNothingDone) {
			return err
		}
		span.Duration *= 4
	}
	return err
}

// SampleCrew samples a job on a locked thread for each CPU, with no collector.
func SampleCrew(cpus []int, span measure.Span, j measure.Job) (measure.Reading, error) {
	defer measure.Quiet(len(cpus))()
	return Crew(cpus, span, j)
}

// Crew samples a job on a locked thread for each CPU, with the Go runtime as the
// caller set it.
func Crew(cpus []int, span measure.Span, j measure.Job) (r measure.Reading, err error) {
	err = Longer(span, func(span measure.Span) error {
		if r, err = measure.Crew(cpus, span, j); err == nil && r.Operations == 0 {
			err = fmt.Errorf("%w within %v: other programs have the CPUs", workload.ErrNothingDone, span.Duration)
		}
		return err
	})
	return r, err
}

// Turns makes a job of steps: each thread takes its step again and again, and
// pauses when there was nothing to do. What a step returns counts for the threads
// that count; those that serve others go on while these end.
func Turns(step func(who int) (done uint64, err error), counts, serves func(who int) bool) measure.Job {
	const between = 32 // steps between looks at the clock
	clock := workload.ProcessClock()
	return measure.Job{
		Work: func(who int, until uint64) (operations uint64, err error) {
			w := transport.NewWaiter(&transport.Dedicated)
			for clock.Ticks() < until {
				for range between {
					n, err := step(who)
					if err != nil {
						return operations, err
					}
					if n == 0 {
						w.Pause()
						continue
					}
					operations += n
					w.Reset()
				}
			}
			if !counts(who) {
				return 0, nil
			}
			return operations, nil
		},
		Idle: func(who int) (err error) {
			if serves(who) {
				_, err = step(who)
			}
			return err
		},
	}
}

// CrewCell is a cell that samples a job; values turns what it did into metrics.
func CrewCell(variant string, factors []string, cpus []int, j measure.Job, values func(measure.Reading) map[string]float64) Cell {
	return Cell{
		Variant: variant, Factors: factors, CPUs: cpus,
		Take: func(_ context.Context, span measure.Span) ([]Reading, error) {
			r, err := SampleCrew(cpus, span, j)
			if err != nil {
				return nil, err
			}
			return One(values(r)), nil
		},
	}
}

// Static is a block that needs nothing opened.
func Static(name string, points []Point) Block {
	return Block{Name: name, Open: func(context.Context) ([]Point, func() error, error) { return points, nil, nil }}
}
