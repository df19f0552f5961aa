package experiment

import (
	"context"
	"fmt"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// tries is how often a sample is taken anew, each time for longer, when the host
// gave its threads so little time that not one operation was completed.
const tries = 4

// SampleCrew samples a job on a locked thread for each CPU.
func SampleCrew(cpus []int, span measure.Span, j measure.Job) (measure.Reading, error) {
	defer measure.Quiet(len(cpus))()
	for range tries {
		r, err := measure.Crew(cpus, span, j)
		if err != nil || r.Operations > 0 {
			return r, err
		}
		span.Duration *= 4
	}
	return measure.Reading{}, fmt.Errorf("no operation was completed within %v: other programs have the CPUs", span.Duration/4)
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
