package shape

import (
	"fmt"
	"slices"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// bound judges the median of one variant at a point.
func bound(d *data, variant string, at results.Where, judge func(low, high float64) results.Outcome, unit string) results.Verdict {
	for _, p := range d.placements {
		if s := d.find([]string{variant}, at, p)[variant]; len(s) > 0 {
			e := measure.Median(s)
			return results.Verdict{Outcome: judge(e.Low, e.High), Placement: p, Text: fmt.Sprintf("%s: %.3g%s [%.3g, %.3g]", variant, e.Median, unit, e.Low, e.High)}
		}
	}
	return notJudged("no placement has %d samples of %s", d.least, variant)
}

// Direction is which way the value of a metric goes as a factor grows.
type Direction string

// The directions.
const (
	Rises Direction = "rises"
	Falls Direction = "falls"
	Flat  Direction = "stays" // within By, either way
	// NoMore rises by By at most, NoLess falls by By at most: each says nothing
	// of the other way.
	NoMore Direction = "rises no more"
	NoLess Direction = "falls no more"
)

// Trend expects the metric of a variant to go one way between two values of a
// factor: by a factor of By at least, or if it is to stay, at most. Zero By means 1 for
// rising and falling, at all.
type Trend struct {
	Variant  string
	Along    string // factor
	From, To string
	At       results.Where
	Go       Direction
	By       float64
}

func (t Trend) judge(d *data) results.Verdict {
	limit := t.By
	if limit == 0 {
		limit = 1
	}
	from, to := with(t.At, t.Along, t.From), with(t.At, t.Along, t.To)
	for _, p := range d.placements {
		a, b := d.find([]string{t.Variant}, from, p)[t.Variant], d.find([]string{t.Variant}, to, p)[t.Variant]
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		r := measure.Ratio(b, a)
		v := results.Verdict{Placement: p, Text: fmt.Sprintf("from %s = %s to %s the value of %s becomes %s what it was", t.Along, t.From, t.To, t.Variant, estimateText(r))}
		switch t.Go {
		case Rises:
			v.Outcome = outcome(r, limit)
		case Falls:
			v.Outcome = outcome(measure.Ratio(a, b), limit)
		case NoMore:
			v.Outcome = outcome(measure.Ratio(a, b), 1/limit)
		case NoLess:
			v.Outcome = outcome(r, 1/limit)
		case Flat:
			switch {
			case r.Low >= 1/limit && r.High <= limit:
				v.Outcome = results.Held
			case r.Low > limit || r.High < 1/limit:
				v.Outcome = results.Failed
			default:
				v.Outcome = results.Noisy
			}
		}
		return v
	}
	return notJudged("no placement has %d samples of %s at both %s = %s and %s", d.least, t.Variant, t.Along, t.From, t.To)
}

func with(at results.Where, factor, value string) results.Where {
	w := results.Where{factor: value}
	for k, v := range at {
		w[k] = v
	}
	return w
}

// Cross expects two lines to cross along a factor: the best of A to be ahead at
// its first value, the best of B at its last.
type Cross struct {
	A, B     []string
	Along    string
	From, To string
	At       results.Where
}

func (c Cross) judge(d *data) results.Verdict {
	first := Ahead{A: c.A, B: c.B, At: with(c.At, c.Along, c.From)}.judge(d)
	last := Ahead{A: c.B, B: c.A, At: with(c.At, c.Along, c.To)}.judge(d)
	v := results.Verdict{
		Placement: first.Placement,
		Text:      fmt.Sprintf("at %s: %s; at %s: %s%s", c.From, first.Text, c.To, last.Text, c.where(d, first.Placement)),
	}
	v.Outcome = worst(first.Outcome, last.Outcome)
	return v
}

// where says between which values of the factor the medians change places.
func (c Cross) where(d *data, p measure.Placement) string {
	i := d.table.Factor(c.Along)
	if i < 0 {
		return ""
	}
	var values []string
	for _, cell := range d.cells {
		if d.table.At(cell, c.At) && !slices.Contains(values, cell.Factors[i]) {
			values = append(values, cell.Factors[i])
		}
	}
	slices.SortFunc(values, results.CompareValues)
	before := ""
	for _, value := range values {
		at := with(c.At, c.Along, value)
		x, y := d.find(c.A, at, p), d.find(c.B, at, p)
		if len(x) == 0 || len(y) == 0 {
			continue
		}
		a, b := measure.Median(x[d.best(x, c.A)]).Median, measure.Median(y[d.best(y, c.B)]).Median
		if d.better(b, a) {
			if before == "" {
				return ""
			}
			return fmt.Sprintf("; the medians cross between %s and %s", before, value)
		}
		before = value
	}
	return ""
}
