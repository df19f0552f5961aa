package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

// blocks runs the blocks, one after the other.
func (r *run) blocks(ctx context.Context) error {
	blocks, err := r.definition.Blocks(r.lab)
	if err != nil {
		return err
	}
	r.done = make([]int, len(blocks))
	for i, b := range blocks {
		if err := r.block(ctx, b, i); err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
	}
	return nil
}

// block opens block i and samples its cells.
func (r *run) block(ctx context.Context, b Block, i int) (err error) {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	points, closeAll, err := b.Open(ctx)
	if closeAll != nil {
		defer func() {
			if failure := closeAll(); err == nil {
				err = failure
			}
		}()
	}
	if err != nil {
		return err
	}
	left := len(r.done) - i // this one included
	s := &sampling{run: r, points: points, index: i, after: left - 1, count: map[string]map[measure.Placement]int{}}
	s.plan()
	s.opened = time.Now()
	// A block's share of the time that is left, by the blocks to come.
	if limit := r.lab.Budget.Limit; limit > 0 {
		s.deadline = s.opened.Add((limit - s.opened.Sub(r.began)) / time.Duration(left))
	}
	if p := r.options.Progress; p != nil {
		p.Begin(r.definition.Name+"/"+b.Name, s.expected())
	}
	return s.all(ctx)
}

// sampling is a block that is being sampled.
type sampling struct {
	*run
	points   []Point
	index    int // of the block
	here     int // samples planned of this block
	sampled  int // of them, and of extra ones, taken
	after    int // blocks to come
	opened   time.Time
	deadline time.Time
	count    map[string]map[measure.Placement]int // samples of a cell
}

// plan counts what is planned.
func (s *sampling) plan() {
	for _, p := range s.points {
		for _, c := range p {
			if c.Once {
				s.here++
			} else {
				s.here += s.lab.Budget.Repetitions
			}
		}
	}
	s.planned += s.here
}

// all takes the planned repetitions, and more of the cells that need them.
func (s *sampling) all(ctx context.Context) error {
	b := s.lab.Budget
	for repetition := range b.Repetitions + b.Extra {
		if repetition > 0 && s.outOfTime() {
			s.late = s.late || repetition < b.Repetitions
			return nil
		}
		for _, point := range s.points {
			if repetition >= b.Repetitions && !slices.ContainsFunc(point, func(c Cell) bool { return !s.enough(c) }) {
				continue
			}
			for i := range point {
				c := point[(i+repetition)%len(point)]
				if c.Once && repetition > 0 {
					continue
				}
				if err := s.take(ctx, c, repetition); err != nil {
					return err
				}
			}
		}
		s.done[s.index] = min(repetition+1, b.Repetitions)
	}
	return nil
}

func (s *sampling) outOfTime() bool { return !s.deadline.IsZero() && time.Now().After(s.deadline) }

func key(c Cell) string { return fmt.Sprint(c.Variant, c.Factors) }

// enough reports whether a cell has samples enough in one placement.
func (s *sampling) enough(c Cell) bool {
	for _, n := range s.count[key(c)] {
		if n >= shape.MinSamples {
			return true
		}
	}
	return c.Once
}

// take takes one sample between two probes, and keeps it.
func (s *sampling) take(ctx context.Context, c Cell, repetition int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	before, err := probe(c)
	if err != nil {
		return err
	}
	readings, err := c.Take(ctx, s.lab.Budget.Span)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s at %v: %w", c.Variant, c.Factors, err)
	}
	after, err := probe(c)
	if err != nil {
		return err
	}
	s.sampled++
	if len(readings) > 0 {
		if err := s.keep(c, readings, repetition, before, after); err != nil {
			return err
		}
	}
	if p := s.options.Progress; p != nil {
		p.Sample(s.taken, s.expected(), s.left(time.Now()))
	}
	return nil
}

// keep counts and writes a sample that has readings, by its placement.
func (s *sampling) keep(c Cell, readings []Reading, repetition int, before, after time.Duration) error {
	at := measure.OneCPU
	if len(c.CPUs) > 1 {
		at = measure.Around(before, after)
	}
	if at == measure.Changed || at == measure.Unknown {
		s.moved++
	} else {
		if s.count[key(c)] == nil {
			s.count[key(c)] = map[measure.Placement]int{}
		}
		s.count[key(c)][at]++
	}
	s.taken++
	s.placements[string(at)]++
	for _, reading := range readings {
		row := s.row(c, reading)
		row.Repetition, row.Placement, row.Before, row.After = repetition, at, before, after
		s.table.Rows = append(s.table.Rows, row)
		if err := s.writer.Add(&row); err != nil {
			return err
		}
	}
	return nil
}

// expected is how many samples there will be, as if the blocks to come were
// like this one.
func (s *sampling) expected() int { return max(s.taken, s.planned+s.after*s.here) }

// left guesses how long the rest takes: of this block by the pace of its own
// samples, up to its deadline; each block to come as long as this one.
func (s *sampling) left(now time.Time) time.Duration {
	each := now.Sub(s.opened) / time.Duration(s.sampled)
	here, block := each*time.Duration(max(0, s.here-s.sampled)), each*time.Duration(s.here)
	if !s.deadline.IsZero() {
		here, block = min(here, max(0, s.deadline.Sub(now))), min(block, s.deadline.Sub(s.opened))
	}
	return here + block*time.Duration(s.after)
}

// probe measures where the CPUs of a cell are to each other.
func probe(c Cell) (time.Duration, error) {
	if len(c.CPUs) < 2 {
		return 0, nil
	}
	return measure.RoundTrip([2]int{c.CPUs[0], c.CPUs[1]})
}

// row makes a row of a reading. A metric that it lacks was not measured.
func (s *sampling) row(c Cell, reading Reading) results.Row {
	row := results.Row{Variant: c.Variant, Factors: slices.Clone(c.Factors)}
	for name, value := range reading.Factors {
		row.Factors[s.table.Factor(name)] = value
	}
	for _, m := range s.table.Metrics {
		v, ok := reading.Values[m.Name]
		if !ok {
			v = math.NaN()
		}
		row.Values = append(row.Values, v)
	}
	return row
}
