package results

import (
	"strconv"
	"testing"

	"github.com/nrkern/nrkern/measure"
)

// scaled is a table of variants at one point, six samples each, their values
// multiplied.
func scaled(by map[string]float64, p measure.Placement) *Table {
	t := &Table{Factors: []Column{{Name: "x"}}, Metrics: []Column{{Name: "rate"}, {Name: "time", Lower: true}}}
	for _, variant := range []string{"a", "b", "c"} {
		k, ok := by[variant]
		for i := 0; ok && i < 6; i++ {
			v := k * (100 + float64(i-3))
			t.Rows = append(t.Rows, Row{Variant: variant, Factors: []string{"1"}, Values: []float64{v, 1 / v}, Placement: p})
		}
	}
	return t
}

// TestCompare: a metric that is larger is better, or worse where lower is
// better; what is close is no difference; cells of other placements and of one
// side alone are not compared.
func TestCompare(t *testing.T) {
	c := Compare(scaled(map[string]float64{"a": 1, "b": 1, "c": 1}, measure.SameL3), scaled(map[string]float64{"a": 2, "b": 1.03}, measure.SameL3), 5, 1.05)
	if c.OnlyA != 1 || c.OnlyB != 0 || len(c.Differences) != 4 {
		t.Fatalf("%+v", c)
	}
	for i, want := range []Change{Better, Better, Unchanged, Unchanged} {
		if d := c.Differences[i]; d.Change != want || d.Ratio == nil {
			t.Errorf("%s of %s: %s (%v), want %s", d.Metric, d.Variant, d.Change, d.Ratio, want)
		}
	}
	back := Compare(scaled(map[string]float64{"a": 2}, measure.SameL3), scaled(map[string]float64{"a": 1}, measure.SameL3), 5, 1.05)
	if d := back.Differences[0]; d.Change != Worse || strconv.FormatFloat(d.Ratio.Median, 'f', 1, 64) != "0.5" {
		t.Errorf("%+v", d)
	}
	apart := Compare(scaled(map[string]float64{"a": 1}, measure.SameL3), scaled(map[string]float64{"a": 2}, measure.Far), 5, 1.05)
	if len(apart.Differences) != 0 || apart.OnlyA != 1 || apart.OnlyB != 1 {
		t.Errorf("samples of two placements were compared: %+v", apart)
	}
	if few := Compare(scaled(map[string]float64{"a": 1}, measure.Far), scaled(map[string]float64{"a": 2}, measure.Far), 7, 1.05); few.Differences[0].Change != TooFew {
		t.Errorf("%+v", few)
	}
	if zero := Compare(scaled(map[string]float64{"a": 0}, measure.Far), scaled(map[string]float64{"a": 1}, measure.Far), 5, 1.05); zero.Differences[0].Ratio != nil {
		t.Errorf("a ratio to 0: %+v", zero.Differences[0])
	}
}
