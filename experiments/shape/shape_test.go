package shape

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// cells is samples by variant, then by the value of the factor x.
type cells map[string]map[string][]float64

func tableOf(c cells, p measure.Placement) *results.Table {
	t := &results.Table{
		Factors: []results.Column{{Name: "x"}, {Name: "z"}},
		Metrics: []results.Column{{Name: "rate"}, {Name: "time", Lower: true}},
	}
	for variant, points := range c {
		for x, samples := range points {
			for i, v := range samples {
				t.Rows = append(t.Rows, results.Row{Variant: variant, Factors: []string{x, "1"}, Values: []float64{v, 1e9 / v}, Repetition: i, Placement: p})
			}
		}
	}
	return t
}

// around is samples that spread by 4 %.
func around(v float64) []float64 { return []float64{v * .98, v * .99, v, v * 1.01, v * 1.02} }

// wide is samples that spread by half.
func wide(v float64) []float64 { return []float64{v * .6, v * .8, v, v * 1.3, v * 1.5} }

func at(x string) results.Where { return results.Where{"x": x} }

// TestJudges judges each kind of shape on samples made for it.
func TestJudges(t *testing.T) {
	data := tableOf(cells{
		"fast":   {"0": around(200), "100": around(50)},
		"slow":   {"0": around(100), "100": around(100)},
		"same":   {"0": around(101), "100": around(101)},
		"rising": {"0": around(50), "100": around(200)},
		"noisy":  {"0": wide(110), "100": wide(110)},
		"scarce": {"0": {1, 2}},
	}, measure.SameL3)
	fast, slow := []string{"fast"}, []string{"slow"}
	for _, c := range []struct {
		name  string
		judge Judge
		want  results.Outcome
		text  string
	}{
		{"ahead", Ahead{A: fast, B: slow, At: at("0")}, results.Held, "fast is 2.00 times"},
		{"behind", Ahead{A: slow, B: fast, At: at("0")}, results.Failed, "slow is 0.50 times"},
		{"within a tie", Ahead{A: []string{"same"}, B: slow, At: at("0")}, results.Noisy, "1.01 times"},
		{"the noise allows both", Ahead{A: []string{"noisy"}, B: slow, At: at("0")}, results.Noisy, ""},
		{"not by three times", Ahead{A: fast, B: slow, At: at("0"), By: 3}, results.Failed, ""},
		{"the best of several counts", Ahead{A: fast, B: []string{"slow", "same", "fast"}, At: at("0")}, results.Noisy, "as good as fast"},
		{"another point", Ahead{A: slow, B: fast, At: at("0"), AtB: at("100")}, results.Held, "2.00 times"},
		{"too few samples", Ahead{A: fast, B: []string{"scarce"}, At: at("0")}, results.NotJudged, "5 samples of each of fast, scarce"},
		{"nobody of the name", Ahead{A: fast, B: []string{"none"}, At: at("0")}, results.NotJudged, "none"},
		{"near", Near{A: "same", B: "slow", At: at("0"), Within: 1.2}, results.Held, ""},
		{"not near", Near{A: "fast", B: "slow", At: at("0"), Within: 1.2}, results.Failed, ""},
		{"near or not", Near{A: "noisy", B: "slow", At: at("0"), Within: 1.2}, results.Noisy, ""},
		{"falls", Trend{Variant: "fast", Along: "x", From: "0", To: "100", Go: Falls, By: 2}, results.Held, "becomes 0.25 times"},
		{"rises", Trend{Variant: "fast", Along: "x", From: "0", To: "100", Go: Rises}, results.Failed, ""},
		{"stays", Trend{Variant: "slow", Along: "x", From: "0", To: "100", Go: Flat, By: 1.2}, results.Held, ""},
		{"does not stay", Trend{Variant: "fast", Along: "x", From: "0", To: "100", Go: Flat, By: 1.2}, results.Failed, ""},
		{"rises no more, and falls", Trend{Variant: "fast", Along: "x", From: "0", To: "100", Go: NoMore, By: 2}, results.Held, "becomes 0.25 times"},
		{"rises more", Trend{Variant: "rising", Along: "x", From: "0", To: "100", Go: NoMore, By: 2}, results.Failed, "becomes 4.00 times"},
		{"falls no more, and rises", Trend{Variant: "rising", Along: "x", From: "0", To: "100", Go: NoLess, By: 2}, results.Held, ""},
		{"falls more", Trend{Variant: "fast", Along: "x", From: "0", To: "100", Go: NoLess, By: 2}, results.Failed, ""},
		{"all", All{AtLeast{Variant: "slow", At: at("0"), Value: 90}, AtMost{Variant: "slow", At: at("0"), Value: 110}}, results.Held, "100 [98, 102]; slow: 100"},
		{"not all", All{AtLeast{Variant: "fast", At: at("0"), Value: 90}, AtMost{Variant: "fast", At: at("0"), Value: 110}}, results.Failed, ""},
		{"all but what is missing", All{AtLeast{Variant: "fast", At: at("0"), Value: 90}, AtLeast{Variant: "scarce", At: at("0"), Value: 1}}, results.NotJudged, ""},
		{"one end is missing", Trend{Variant: "scarce", Along: "x", From: "0", To: "100", Go: Flat, By: 2}, results.NotJudged, "at both x = 0 and 100"},
		{"cross", Cross{A: fast, B: slow, Along: "x", From: "0", To: "100"}, results.Held, "the medians cross between 0 and 100"},
		{"do not cross", Cross{A: slow, B: fast, Along: "x", From: "0", To: "100"}, results.Failed, ""},
		{"at most", AtMost{Variant: "slow", At: at("0"), Value: 110, Unit: " ns"}, results.Held, "100 ns"},
		{"more than at most", AtMost{Variant: "fast", At: at("0"), Value: 110}, results.Failed, ""},
		{"about at most", AtMost{Variant: "noisy", At: at("0"), Value: 110}, results.Noisy, ""},
		{"at least", AtLeast{Variant: "fast", At: at("0"), Value: 110}, results.Held, ""},
		{"less than at least", AtLeast{Variant: "slow", At: at("0"), Value: 110}, results.Failed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Shape{Text: c.name, Source: "this test", Metric: "rate", Judge: c.judge}
			v := Verdicts([]Shape{s}, data, Host{Nodes: 1})[0]
			if v.Outcome != c.want || !strings.Contains(v.Text, c.text) {
				t.Errorf("%s: %s; want %s with %q", v.Outcome, v.Text, c.want, c.text)
			}
			if v.Shape != c.name || v.Source != "this test" {
				t.Errorf("the verdict is of %q, %q", v.Shape, v.Source)
			}
		})
	}
}

// TestLowerIsBetter: of a time, the shorter is ahead.
func TestLowerIsBetter(t *testing.T) {
	data := tableOf(cells{"fast": {"0": around(200)}, "slow": {"0": around(100)}}, measure.Far)
	v := Verdicts([]Shape{{Metric: "time", Judge: Ahead{A: []string{"fast"}, B: []string{"slow"}, At: at("0")}}}, data, Host{})[0]
	if v.Outcome != results.Held || v.Placement != measure.Far {
		t.Errorf("%+v", v)
	}
}

// TestPlacementsAreNotMixed: samples of two placements are not compared.
func TestPlacementsAreNotMixed(t *testing.T) {
	data := tableOf(cells{"fast": {"0": around(200)}}, measure.SameL3)
	data.Rows = append(data.Rows, tableOf(cells{"slow": {"0": around(100)}}, measure.Far).Rows...)
	v := Verdicts([]Shape{{Metric: "rate", Judge: Ahead{A: []string{"fast"}, B: []string{"slow"}, At: at("0")}}}, data, Host{})[0]
	if v.Outcome != results.NotJudged {
		t.Errorf("%+v", v)
	}
}

// TestPlacementOfTheShape: what is expected of one placement is not judged by
// samples of another.
func TestPlacementOfTheShape(t *testing.T) {
	data := tableOf(cells{"fast": {"0": around(200)}}, measure.Far)
	s := Shape{Metric: "rate", Placement: measure.SameL3, Judge: AtMost{Variant: "fast", At: at("0"), Value: 100}}
	if v := Verdicts([]Shape{s}, data, Host{})[0]; v.Outcome != results.NotJudged || !strings.Contains(v.Text, "one last-level cache") {
		t.Errorf("%+v", v)
	}
	data.Rows = append(data.Rows, tableOf(cells{"fast": {"0": around(300)}}, measure.SameL3).Rows...)
	if v := Verdicts([]Shape{s}, data, Host{})[0]; v.Outcome != results.Failed || v.Placement != measure.SameL3 {
		t.Errorf("%+v", v)
	}
}

// TestOneThread: what ran on one CPU has no placement, and is compared with what
// ran on two.
func TestOneThread(t *testing.T) {
	data := tableOf(cells{"fast": {"0": around(200)}}, measure.Far)
	data.Rows = append(data.Rows, tableOf(cells{"slow": {"1": around(100)}}, measure.OneCPU).Rows...)
	v := Verdicts([]Shape{{Metric: "rate", Judge: Ahead{A: []string{"fast"}, B: []string{"slow"}, At: at("0"), AtB: at("1")}}}, data, Host{})[0]
	if v.Outcome != results.Held || v.Placement != measure.Far {
		t.Errorf("%+v", v)
	}
}

// TestNotJudgedHere names what is missing: nodes, a metric, a point.
func TestNotJudgedHere(t *testing.T) {
	data := tableOf(cells{"fast": {"0": around(200), "1": around(2)}, "slow": {"0": around(100)}}, measure.SameL3)
	ahead := Ahead{A: []string{"fast"}, B: []string{"slow"}, At: at("0")}
	for _, c := range []struct {
		shape Shape
		want  string
	}{
		{Shape{Metric: "rate", Judge: ahead, Needs: Needs{Nodes: 4}}, "needs 4 NUMA nodes, this machine has 1"},
		{Shape{Metric: "rate", Judge: ahead, Needs: Needs{Caches: 2}}, "needs 2 last-level caches, this machine has 1"},
		{Shape{Metric: "rate", Judge: ahead, Needs: Needs{Threads: 2}}, "needs 2 threads of one core, this machine has 1"},
		{Shape{Metric: "joules", Judge: ahead}, `no metric "joules"`},
		{Shape{Metric: "rate", Judge: Trend{Variant: "fast", Along: "y", From: "0", To: "1", Go: Rises}}, `no factor "y"`},
		{Shape{Metric: "rate", Judge: Ahead{A: []string{"fast"}, B: []string{"slow"}}}, "name more factors"},
	} {
		v := Verdicts([]Shape{c.shape}, data, Host{Nodes: 1, Caches: 1, CPUs: 2, Threads: 1})[0]
		if v.Outcome != results.NotJudged || !strings.Contains(v.Text, c.want) {
			t.Errorf("%s: %s; want %q", v.Outcome, v.Text, c.want)
		}
	}
}

// TestExact: what is counted is judged by one sample.
func TestExact(t *testing.T) {
	data := tableOf(cells{"a": {"0": {200}}, "b": {"0": {100}}}, measure.OneCPU)
	s := Shape{Metric: "rate", Exact: true, Judge: Ahead{A: []string{"a"}, B: []string{"b"}, At: at("0")}}
	if v := Verdicts([]Shape{s}, data, Host{})[0]; v.Outcome != results.Held || v.Placement != measure.OneCPU {
		t.Errorf("%+v", v)
	}
}
