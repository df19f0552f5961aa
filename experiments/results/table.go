package results

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/nrkern/nrkern/measure"
)

// Column is a factor or a metric: its name in files, unit last, and its name
// for people.
type Column struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	// Lower says that a smaller value of a metric is the better one.
	Lower bool `json:"lower_is_better,omitempty"`
}

// Row is one sample of one variant at one point.
type Row struct {
	Variant string
	// Factors and Values are in the order of the table's columns.
	Factors    []string
	Values     []float64
	Repetition int
	Placement  measure.Placement
	// The round trips of a cache line before and after; 0 if not measured.
	Before, After time.Duration
}

// Table is the samples of an experiment.
type Table struct {
	Factors, Metrics []Column
	Rows             []Row
}

// Where names values of factors; a factor that it does not name may have any.
type Where map[string]string

// Cell is the samples of one variant at one point that compare: those of one
// placement.
type Cell struct {
	Variant   string
	Factors   []string
	Placement measure.Placement
	samples   [][]float64 // by metric
}

// Metric returns the index of a metric, -1 if the table has none of the name.
func (t *Table) Metric(name string) int { return indexOf(t.Metrics, name) }

// Factor returns the index of a factor, -1 if the table has none of the name.
func (t *Table) Factor(name string) int { return indexOf(t.Factors, name) }

func indexOf(columns []Column, name string) int {
	return slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
}

// Cells groups the samples, in the order in which they first came. Samples
// whose placement changed or is not known are left out.
func (t *Table) Cells() []*Cell {
	var cells []*Cell
	seen := map[string]*Cell{}
	for _, r := range t.Rows {
		if r.Placement == measure.Changed || r.Placement == measure.Unknown {
			continue
		}
		key := r.Variant + "\x00" + string(r.Placement)
		for _, f := range r.Factors {
			key += "\x00" + f
		}
		c := seen[key]
		if c == nil {
			c = &Cell{Variant: r.Variant, Factors: r.Factors, Placement: r.Placement, samples: make([][]float64, len(t.Metrics))}
			seen[key] = c
			cells = append(cells, c)
		}
		for i, v := range r.Values {
			if !math.IsNaN(v) {
				c.samples[i] = append(c.samples[i], v)
			}
		}
	}
	return cells
}

// Samples returns the values of a metric, by its index.
func (c *Cell) Samples(metric int) []float64 { return c.samples[metric] }

// At reports whether a cell lies where the factors have the given values.
func (t *Table) At(c *Cell, w Where) bool {
	for name, value := range w {
		if i := t.Factor(name); i < 0 || c.Factors[i] != value {
			return false
		}
	}
	return true
}

// Shows reports whether a figure shows a cell.
func (t *Table) Shows(fig Figure, c *Cell) bool {
	return t.At(c, fig.At) || fig.Also != nil && t.At(c, fig.Also)
}

// Leading is the placement of most samples: what a figure shows.
func (t *Table) Leading() measure.Placement {
	count := map[measure.Placement]int{}
	for _, r := range t.Rows {
		if r.Placement != measure.Changed && r.Placement != measure.Unknown {
			count[r.Placement]++
		}
	}
	best := measure.Unknown
	for _, p := range []measure.Placement{measure.SameL3, measure.Sibling, measure.Far, measure.OneCPU} {
		if count[p] > count[best] {
			best = p
		}
	}
	return best
}

// Lead chooses for each variant and point the cell to show: that of the leading
// placement, or else the one with most samples.
func (t *Table) Lead(cells []*Cell) []*Cell {
	leading := t.Leading()
	size := func(c *Cell) int {
		n := 0
		for _, s := range c.samples {
			n = max(n, len(s))
		}
		return n
	}
	var chosen []*Cell
	for _, c := range cells {
		i := slices.IndexFunc(chosen, func(o *Cell) bool { return o.Variant == c.Variant && slices.Equal(o.Factors, c.Factors) })
		switch {
		case i < 0:
			chosen = append(chosen, c)
		case c.Placement == leading, chosen[i].Placement != leading && size(c) > size(chosen[i]):
			chosen[i] = c
		}
	}
	return chosen
}

// Number reads a factor's value as a number, of which NaN is none.
func Number(value string) float64 {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// CompareValues orders the values of a factor: numbers by size, words as they
// are.
func CompareValues(a, b string) int {
	x, y := Number(a), Number(b)
	if math.IsNaN(x) || math.IsNaN(y) {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(x, y)
}
