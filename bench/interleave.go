package bench

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// A variant is one of the things that a row compares.
type variant struct {
	name   string
	sample func(Span) (reading, error)
	// value turns a reading into the row's unit.
	value func(reading) float64
}

// minSamples is the fewest samples of a variant that are compared.
const minSamples = 3

// Series is the samples of a row's variants that are comparable: those taken
// in one placement.
type Series struct {
	Row       string    `json:"row"`
	Unit      Unit      `json:"unit"`
	Placement Placement `json:"placement"`
	Variants  []Samples `json:"variants"`
}

// Samples is what one variant gave.
type Samples struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
	// Preempted says that there were too few samples during which Linux left
	// the threads their CPUs, so that these are all.
	Preempted bool `json:"preempted"`
}

// of returns the samples of a variant.
func (s *Series) of(name string) *Samples {
	i := slices.IndexFunc(s.Variants, func(v Samples) bool { return v.Name == name })
	return &s.Variants[i]
}

// how says what an interleaving needs.
type how struct {
	row  string
	unit Unit
	// single says that the samples use one CPU: placement does not matter.
	single bool
	span   Span // zero: the session's
	rounds int  // zero: the session's
}

// patience is how many times more rounds than wanted are tried.
const patience = 2

// taken is the samples of a variant in a placement.
type taken struct{ clean, preempted []float64 }

// tally is everything that an interleaving took.
type tally struct {
	at map[Placement][]taken // by variant
	// moved counts the samples before and after which the placement differed,
	// cut those of which other programs took the most.
	all, moved, cut int
}

// interleave samples the variants in turn until there are enough clean samples
// of each in one placement that targets are set for, or it has tried twice as
// many, and returns a series for each placement that it met.
func (s *Session) interleave(h how, variants []variant) ([]Series, error) {
	if h.span == (Span{}) {
		h.span = s.Span
	}
	if h.rounds == 0 {
		h.rounds = s.Rounds
	}
	t := tally{at: map[Placement][]taken{}}
	for range patience * h.rounds {
		for i, v := range variants {
			if err := s.ctx.Err(); err != nil {
				return nil, err
			}
			s.awaitQuiet()
			if err := s.take(&t, h, i, v, len(variants)); err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
		}
		if t.enough(SameL3, h.rounds) || t.enough(OneCPU, h.rounds) {
			break
		}
	}
	return s.keep(h, variants, &t)
}

// quietLimit is how long a sample waits, after the pause, for a moment at which
// no other program wants to run.
const quietLimit = 20 * time.Millisecond

// awaitQuiet leaves the machine to others for the pause, then waits for a good
// moment to begin.
func (s *Session) awaitQuiet() {
	time.Sleep(s.Pause)
	for end := time.Now().Add(quietLimit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		// This thread is one of the runnable ones.
		if n, err := numa.HostNoise(); err != nil || n.Runnable <= 1 {
			return
		}
	}
}

// take takes one sample between two probes.
func (s *Session) take(t *tally, h how, i int, v variant, variants int) error {
	before, err := s.where(h.single)
	if err != nil {
		return err
	}
	r, err := v.sample(h.span)
	if err != nil {
		return err
	}
	after, err := s.where(h.single)
	if err != nil {
		return err
	}
	t.all++
	switch {
	case before != after || before == Unknown:
		t.moved++
		return nil
	case !r.usable(h.span):
		t.cut++
		return nil
	}
	if t.at[before] == nil {
		t.at[before] = make([]taken, variants)
	}
	mine := &t.at[before][i]
	if r.preempted > 0 {
		mine.preempted = append(mine.preempted, v.value(r))
	} else {
		mine.clean = append(mine.clean, v.value(r))
	}
	return nil
}

// enough reports whether every variant has clean samples enough in a placement.
func (t *tally) enough(at Placement, rounds int) bool {
	all := t.at[at]
	return all != nil && !slices.ContainsFunc(all, func(one taken) bool { return len(one.clean) < rounds })
}

// where probes the placement.
func (s *Session) where(single bool) (Placement, error) {
	if single {
		return OneCPU, nil
	}
	roundTrip, err := measure.RoundTrip(s.cpus)
	return measure.Classify(roundTrip), err
}

// keep makes series of what was taken.
func (s *Session) keep(h how, variants []variant, t *tally) ([]Series, error) {
	var kept []Series
	few := min(2*minSamples, h.rounds)
	for at, all := range t.at {
		one := Series{Row: h.row, Unit: h.unit, Placement: at}
		for i, v := range variants {
			samples := Samples{Name: v.name, Values: all[i].clean}
			if len(samples.Values) < few && len(all[i].preempted) > 0 {
				samples.Values, samples.Preempted = append(samples.Values, all[i].preempted...), true
			}
			if len(samples.Values) >= min(minSamples, h.rounds) {
				one.Variants = append(one.Variants, samples)
			}
		}
		if len(one.Variants) == len(variants) {
			kept = append(kept, one)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("%w: of %d samples %d saw the placement change and %d were cut short by other programs: run it on a quieter machine",
			ErrNotMeasured, t.all, t.moved, t.cut)
	}
	slices.SortFunc(kept, func(a, b Series) int { return cmp.Compare(rank(a.Placement), rank(b.Placement)) })
	s.series = append(s.series, kept...)
	return kept, nil
}

// rank orders placements for tables: the one the targets speak of first.
func rank(p Placement) int {
	return slices.Index([]Placement{SameL3, OneCPU, Processes, Sibling, Far}, p)
}
