package report

import (
	"math"
	"slices"
	"strings"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// Chart is a figure with its data.
type Chart struct {
	results.Figure
	XLabel, YLabel string
	// Values are those of X, in order; Numeric says that all are numbers.
	Values  []string
	Numeric bool
	Series  []Series
	// Elsewhere names the points whose samples are of another placement than
	// the leading one.
	Elsewhere []string
}

// Series is one line, a row of bars, or a row of a heat map.
type Series struct {
	Name string
	// ink is its colour, mark and dash: a variant has the same in all charts of a
	// folder.
	ink int
	// Points are in the order of Chart.Values; nil where there is none.
	Points []*measure.Estimate
}

// Charts returns the figures of a folder that have data.
func Charts(f *results.Folder) []Chart {
	var all []Chart
	cells := f.Table.Lead(f.Table.Cells())
	for _, fig := range f.Manifest.Figures {
		if c := chartOf(f, fig, cells); len(c.Series) > 0 {
			all = append(all, c)
		}
	}
	return all
}

func chartOf(f *results.Folder, fig results.Figure, cells []*results.Cell) Chart {
	c := Chart{Figure: fig}
	t := f.Table
	metric := fig.Y
	if fig.Kind == results.Heat {
		metric = fig.Value
	}
	x, y := t.Factor(fig.X), t.Metric(metric)
	if y < 0 || x < 0 && fig.X != "variant" {
		return c
	}
	c.YLabel, c.XLabel = t.Metrics[y].Label, "variant"
	if x >= 0 {
		c.XLabel = t.Factors[x].Label
	}
	rows := map[string]map[string]*measure.Estimate{}
	var names []string
	for _, cell := range cells {
		if !t.Shows(fig, cell) || len(cell.Samples(y)) == 0 || fig.Variants != nil && !slices.Contains(fig.Variants, cell.Variant) {
			continue
		}
		value := cell.Variant
		if x >= 0 {
			value = cell.Factors[x]
		}
		if !slices.Contains(c.Values, value) {
			c.Values = append(c.Values, value)
		}
		name := seriesName(t, fig, cell)
		if rows[name] == nil {
			rows[name] = map[string]*measure.Estimate{}
			names = append(names, name)
		}
		e := measure.Median(cell.Samples(y))
		rows[name][value] = &e
		if cell.Placement != t.Leading() && cell.Placement != measure.OneCPU {
			c.Elsewhere = append(c.Elsewhere, name+" at "+value+": "+cell.Placement.Words())
		}
	}
	c.Numeric = !slices.ContainsFunc(c.Values, func(v string) bool { return math.IsNaN(results.Number(v)) })
	if c.Numeric {
		slices.SortFunc(c.Values, results.CompareValues)
	}
	// A logarithmic axis has no place for 0.
	c.LogX = c.LogX && c.Numeric && len(c.Values) > 0 && results.Number(c.Values[0]) > 0
	if fig.Kind == results.Heat && fig.Y != "variant" {
		slices.SortStableFunc(names, results.CompareValues)
	}
	inks := inksOf(t, names)
	if fig.Kind != results.Heat {
		slices.SortStableFunc(names, func(a, b string) int { return inks[a] - inks[b] })
	}
	for _, name := range names {
		s := Series{Name: name, ink: inks[name]}
		for _, v := range c.Values {
			s.Points = append(s.Points, rows[name][v])
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// inksOf numbers series by the order in which their variants first came; those
// that are not a variant each, by their own.
func inksOf(t *results.Table, names []string) map[string]int {
	var variants []string
	for _, r := range t.Rows {
		if !slices.Contains(variants, r.Variant) {
			variants = append(variants, r.Variant)
		}
	}
	inks := map[string]int{}
	for i, name := range names {
		at := slices.Index(variants, name)
		if at < 0 {
			for j, n := range names {
				inks[n] = j
			}
			return inks
		}
		inks[names[i]] = at
	}
	return inks
}

// seriesName tells the series of a cell: its variant, with the factors that the
// figure leaves open; of a heat map, the value of Y.
func seriesName(t *results.Table, fig results.Figure, cell *results.Cell) string {
	if fig.Kind == results.Heat && fig.Y != "variant" {
		if i := t.Factor(fig.Y); i >= 0 {
			return cell.Factors[i]
		}
	}
	var words []string
	if fig.X != "variant" {
		words = append(words, cell.Variant)
	}
	for i, f := range t.Factors {
		_, fixed := fig.At[f.Name]
		if f.Name == fig.X || fixed || cell.Factors[i] == "" || !open(t, fig, i, cell.Variant) {
			continue
		}
		words = append(words, short(f.Name)+" "+cell.Factors[i])
	}
	if len(words) == 0 {
		return cell.Variant
	}
	return strings.Join(words, ", ")
}

// open reports whether a factor has several values for a variant in a figure.
func open(t *results.Table, fig results.Figure, factor int, variant string) bool {
	first := ""
	for _, r := range t.Rows {
		if r.Variant != variant || !t.Shows(fig, &results.Cell{Factors: r.Factors}) {
			continue
		}
		if first == "" {
			first = r.Factors[factor]
		} else if r.Factors[factor] != first {
			return true
		}
	}
	return false
}

// short is a column's name without its unit.
func short(name string) string {
	for _, unit := range []string{"_percent", "_ns", "_bytes", "_slots", "_per_s", "_ms"} {
		name = strings.TrimSuffix(name, unit)
	}
	return strings.ReplaceAll(name, "_", " ")
}
