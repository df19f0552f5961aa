package structures

import (
	"testing"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/inprocess"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

// TestShapesHaveData: what the shapes compare is measured on a machine of two
// CPUs and on one of many: each shape finds its points there, and each once.
func TestShapesHaveData(t *testing.T) {
	for _, cpus := range []int{2, 4, 128} {
		lab := &experiment.Lab{Scale: experiment.Quick, CPUs: make([]int, cpus)}
		host := shape.Host{CPUs: cpus, Nodes: 1}
		if cpus > 2 {
			host.Nodes = 4
		}
		d := Definition()
		table := &results.Table{Factors: d.Factors, Metrics: []results.Column{{Name: "ops_per_s"}}}
		add := func(variant string, factors []string) {
			for i := range shape.MinSamples {
				table.Rows = append(table.Rows, results.Row{Variant: variant, Factors: factors, Values: []float64{100}, Repetition: i, Placement: measure.Far})
			}
		}
		for _, c := range crews(lab) {
			for _, keys := range []uint64{1, 1000, 50_000} {
				for _, writes := range []float64{0, 10, 100} {
					for _, m := range inprocess.Makers() {
						add(m.Name, c.factors(writes, keys, len(c.cpus)))
					}
					for _, b := range inprocess.Baselines() {
						at := c.factors(writes, keys, len(c.cpus))
						if b.Single {
							at = c.single(writes, keys)
						}
						if at != nil {
							add(b.Name, at)
						}
					}
				}
			}
		}
		for _, v := range shape.Verdicts(d.Shapes, table, host) {
			if v.Outcome == results.NotJudged && v.Text != "needs 4 NUMA nodes, this machine has 1" {
				t.Errorf("%d CPUs: %s: %s", cpus, v.Shape, v.Text)
			}
		}
	}
}
