package results

import (
	"math"
	"slices"

	"github.com/nrkern/nrkern/measure"
)

// Change is what became of a metric from one folder to another.
type Change string

// The changes.
const (
	Better    Change = "better"
	Worse     Change = "worse"
	Unchanged Change = "no difference" // inside the noise, or within the tie
	TooFew    Change = "too few samples"
)

// Difference is a cell that two folders have, in one placement.
type Difference struct {
	Variant   string            `json:"variant"`
	Factors   map[string]string `json:"factors"`
	Placement measure.Placement `json:"placement"`
	Metric    string            `json:"metric"`
	A         measure.Estimate  `json:"a"`
	B         measure.Estimate  `json:"b"`
	// Ratio is B's median by A's, with its interval; null where A's is 0.
	Ratio  *measure.Estimate `json:"ratio"`
	Change Change            `json:"change"`
}

// Comparison is two folders side by side.
type Comparison struct {
	Differences []Difference
	// OnlyA and OnlyB count the cells that the other does not have in the same
	// placement.
	OnlyA, OnlyB int
}

// Compare sets the cells of two folders of one experiment side by side, those
// of one placement with each other. With fewer samples than least on a side, or
// a ratio closer to 1 than tie, no difference is claimed.
func Compare(a, b *Table, least int, tie float64) Comparison {
	c := Comparison{Differences: []Difference{}}
	theirs := b.Cells()
	matched := 0
	for _, one := range a.Cells() {
		i := slices.IndexFunc(theirs, func(o *Cell) bool {
			return o.Variant == one.Variant && o.Placement == one.Placement && slices.Equal(o.Factors, one.Factors)
		})
		if i < 0 {
			c.OnlyA++
			continue
		}
		matched++
		for m, column := range a.Metrics {
			if x, y := one.samples[m], samplesOf(b, theirs[i], column.Name); len(x) > 0 && len(y) > 0 {
				d := difference(x, y, column.Lower, least, tie)
				d.Variant, d.Placement, d.Metric, d.Factors = one.Variant, one.Placement, column.Name, map[string]string{}
				for f, factor := range a.Factors {
					d.Factors[factor.Name] = one.Factors[f]
				}
				c.Differences = append(c.Differences, d)
			}
		}
	}
	c.OnlyB = len(theirs) - matched
	return c
}

func samplesOf(t *Table, c *Cell, metric string) []float64 {
	if i := t.Metric(metric); i >= 0 {
		return c.samples[i]
	}
	return nil
}

func difference(a, b []float64, lower bool, least int, tie float64) Difference {
	d := Difference{A: measure.Median(a), B: measure.Median(b), Change: Unchanged}
	if d.A.Median != 0 {
		if r := measure.Ratio(b, a); !math.IsNaN(r.Low) && !math.IsInf(r.High, 0) {
			d.Ratio = &r
		}
	}
	switch {
	case len(a) < least || len(b) < least:
		d.Change = TooFew
	case d.Ratio == nil:
	case d.Ratio.Low > 1 && d.Ratio.Median >= tie:
		d.Change = Better
	case d.Ratio.High < 1 && d.Ratio.Median <= 1/tie:
		d.Change = Worse
	}
	if lower {
		switch d.Change {
		case Better:
			d.Change = Worse
		case Worse:
			d.Change = Better
		}
	}
	return d
}
