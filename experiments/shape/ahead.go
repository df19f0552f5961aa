package shape

import (
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/experiments/results"
)

// Ahead expects the best of A to be ahead of the best of B at a point: to have
// the better median, by a factor of By (0 means 1: ahead at all).
type Ahead struct {
	A, B []string
	At   results.Where
	// AtB is the point of B where that is another: one thread, say.
	AtB results.Where
	By  float64
}

func (a Ahead) judge(d *data) results.Verdict {
	limit := a.By
	if limit == 0 {
		limit = 1
	}
	atB := a.AtB
	if atB == nil {
		atB = a.At
	}
	for _, p := range d.placements {
		x, y := d.find(a.A, a.At, p), d.find(a.B, atB, p)
		if len(x) == 0 || len(y) < len(a.B) {
			continue // of the others the best must be among those there are
		}
		one, other := d.best(x, a.A), d.best(y, a.B)
		r := d.advantage(x[one], y[other])
		return results.Verdict{
			Outcome: outcome(r, limit), Placement: p,
			Text: fmt.Sprintf("%s is %s as good as %s", one, estimateText(r), other),
		}
	}
	return notJudged("no placement has %d samples of each of %s", d.least, strings.Join(append(append([]string{}, a.A...), a.B...), ", "))
}

// Near expects two variants to be equally good at a point, up to a factor.
type Near struct {
	A, B   string
	At     results.Where
	Within float64
}

func (n Near) judge(d *data) results.Verdict {
	for _, p := range d.placements {
		x, y := d.find([]string{n.A}, n.At, p), d.find([]string{n.B}, n.At, p)
		if len(x) == 0 || len(y) == 0 {
			continue
		}
		r := d.advantage(x[n.A], y[n.B])
		v := results.Verdict{Outcome: results.Noisy, Placement: p, Text: fmt.Sprintf("%s is %s as good as %s", n.A, estimateText(r), n.B)}
		switch {
		case r.Low >= 1/n.Within && r.High <= n.Within:
			v.Outcome = results.Held
		case r.Low > n.Within || r.High < 1/n.Within:
			v.Outcome = results.Failed
		}
		return v
	}
	return notJudged("no placement has %d samples of both %s and %s", d.least, n.A, n.B)
}

// AtMost expects the metric of a variant to be no more than a value at a point.
type AtMost struct {
	Variant string
	At      results.Where
	Value   float64
	Unit    string
}

func (a AtMost) judge(d *data) results.Verdict {
	return bound(d, a.Variant, a.At, func(low, high float64) results.Outcome {
		switch {
		case high <= a.Value:
			return results.Held
		case low > a.Value:
			return results.Failed
		}
		return results.Noisy
	}, a.Unit)
}

// AtLeast expects the metric of a variant to be no less than a value at a point.
type AtLeast struct {
	Variant string
	At      results.Where
	Value   float64
	Unit    string
}

func (a AtLeast) judge(d *data) results.Verdict {
	return bound(d, a.Variant, a.At, func(low, high float64) results.Outcome {
		switch {
		case low >= a.Value:
			return results.Held
		case high < a.Value:
			return results.Failed
		}
		return results.Noisy
	}, a.Unit)
}
