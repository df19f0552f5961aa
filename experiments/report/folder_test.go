package report

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// folder is a folder with a figure of each kind, a line with a gap, a point of
// another placement, a name that wants out of its page, and one shape of each
// outcome.
func folder(t *testing.T) *results.Folder {
	t.Helper()
	table := &results.Table{
		Factors: []results.Column{{Name: "writes_percent", Label: "writes, %"}, {Name: "window", Label: "window"}},
		Metrics: []results.Column{{Name: "ops_per_s", Label: "operations a second"}, {Name: "handovers_per_op", Label: "hand-overs"}},
	}
	for v, variant := range []string{"nr", "multikernel", `</script><b title="x">&lock`} {
		for x, writes := range []string{"0", "10", "50", "100"} {
			if v == 1 && x == 2 {
				continue
			}
			for i := range 6 {
				p, hand := measure.SameL3, float64(x)/10
				if v == 2 && x == 3 {
					p = measure.Far
				}
				if v == 2 {
					hand = math.NaN()
				}
				table.Rows = append(table.Rows, results.Row{
					Variant: variant, Factors: []string{writes, strconv.Itoa(1 << (4 * (v % 2)))},
					Values: []float64{(20 - 4*float64(x) + 3*float64(v)) * 1e6 * (1 + float64(i-3)/50), hand}, Repetition: i, Placement: p,
				})
			}
		}
	}
	f := &results.Folder{Path: "out", Table: table, Manifest: results.Manifest{
		Format: results.Format, Experiment: "two-words", Title: "A title & more", Claim: "a claim <i>", Source: "a source", Method: "a method",
		Scale: "quick", Status: results.Complete, Version: "v1", Args: []string{"nrkern", "run"}, Began: time.Unix(1e9, 0), Ended: time.Unix(1e9+60, 0),
		SamplesTaken: len(table.Rows), Host: results.Host{CPU: "a CPU", CPUs: 2, Nodes: 1}, Warnings: []string{"a warning"},
		Machines: []results.MachineFacts{{Name: "nr", Topology: "2x1", Hugepages: true}},
		Factors:  table.Factors, Metrics: table.Metrics,
		Figures: []results.Figure{
			{Name: "first", Title: "First", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s"},
			{Name: "log", Title: "Logarithmic", Kind: results.Lines, X: "window", Y: "ops_per_s", LogX: true, LogY: true, At: results.Where{"writes_percent": "0"}},
			{Name: "zero", Title: "Zero on a logarithmic axis", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", LogX: true},
			{Name: "bars", Title: "Bars", Kind: results.Bars, X: "writes_percent", Y: "ops_per_s"},
			{Name: "words", Title: "By variant", Kind: results.Bars, X: "variant", Y: "ops_per_s", At: results.Where{"writes_percent": "10"}},
			{Name: "heat", Title: "Traffic", Kind: results.Heat, X: "writes_percent", Y: "variant", Value: "handovers_per_op"},
			{Name: "nothing", Title: "Nothing", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: results.Where{"window": "3"}},
		},
	}}
	others := 42.3
	f.Manifest.Noise.Others = &others
	f.Summary = results.Summary{Experiment: "two-words", Scale: "quick", Status: results.Complete, Leading: table.Leading(), Cells: table.Summarize()}
	for _, o := range []results.Outcome{results.Held, results.Failed, results.Noisy, results.NotJudged} {
		f.Summary.Verdicts = append(f.Summary.Verdicts, results.Verdict{Shape: "shape that is " + string(o), Source: "its source", Outcome: o, Text: "its text"})
	}
	return f
}
