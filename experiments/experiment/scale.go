package experiment

import (
	"fmt"
	"time"

	"github.com/nrkern/nrkern/measure"
)

// Scale is how much of an experiment is run.
type Scale string

// The scales.
const (
	// Smoke shows that everything works; nothing timed is judged.
	Smoke Scale = "smoke"
	// Quick judges the shapes, within a limit of time.
	Quick Scale = "quick"
	// Full is for figures that are published.
	Full Scale = "full"
)

// Scales returns all scales, the smallest first.
func Scales() []Scale { return []Scale{Smoke, Quick, Full} }

// ParseScale checks the value of a --scale flag.
func ParseScale(s string) (Scale, error) {
	for _, known := range Scales() {
		if s == string(known) {
			return known, nil
		}
	}
	return "", fmt.Errorf("scale %q: want smoke, quick or full", s)
}

// Budget is what a scale allows.
type Budget struct {
	// Repetitions are planned; Extra are for cells that have too few samples in
	// one placement after that.
	Repetitions, Extra int
	Span               measure.Span
	// Limit is the time for all of an experiment; 0 for none.
	Limit time.Duration
}

// Budget returns what the scale allows.
func (s Scale) Budget() Budget {
	switch s {
	case Smoke:
		return Budget{Repetitions: 1, Span: measure.Span{Warmup: 5 * time.Millisecond, Duration: 15 * time.Millisecond}, Limit: 18 * time.Second}
	case Full:
		return Budget{Repetitions: 15, Extra: 30, Span: measure.Span{Warmup: 100 * time.Millisecond, Duration: 300 * time.Millisecond}}
	}
	return Budget{Repetitions: 15, Extra: 15, Span: measure.Span{Warmup: 15 * time.Millisecond, Duration: 40 * time.Millisecond}, Limit: 105 * time.Second}
}

// Time says when an experiment ends at a scale.
func (s Scale) Time() string {
	b := s.Budget()
	if b.Limit == 0 {
		return fmt.Sprintf("after repetition %d, without a limit of time: not run yet", b.Repetitions)
	}
	return fmt.Sprintf("after repetition %d, or the one that runs at %v", b.Repetitions, b.Limit)
}
