// Package cnr is the experiment of several logs: what operations on different ones
// gain, and what it costs to have them.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := cnr.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package cnr

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/node"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "cnr",
		Title:  "Several logs",
		Claim:  "With several logs writes that commute do not meet: where a node has several threads they combine and replay beside each other. Every node still applies every write, and each log has its own reservation, so where a node has one thread several logs gain nothing and cost a batch its size.",
		Source: "Bhardwaj et al., OSDI'21, section 4.1.2 (CNR); the node-replication library, measured on 2 CPUs: CNR over DashMap, 2 replicas, 28.1 / 10.5 / 7.5 / 7.7 / 5.1 Mops/s at 0 / 10 / 50 / 80 / 100 % writes, beside 34.8 / 23.0 / 9.9 / 7.4 / 5.1 of NR",
		Method: "Machines of kernels run the key-value service with 50,000 uniform keys; the shards of its keys are dealt out to the logs. All CPUs take part: two nodes, with half of the CPUs each (two kernels of one thread on two CPUs). One and 16 operations outstanding a thread. A log has 32,768 slots, however many there are.",
		Factors: []results.Column{
			{Name: "writes_percent", Label: "writes, %"},
			{Name: "outstanding", Label: "outstanding operations a thread"},
			{Name: "threads", Label: "threads a node"},
		},
		Metrics: experiment.Metrics(),
		Figures: []results.Figure{
			{Name: "rate", Title: "Operations a second, 16 outstanding", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: results.Where{"outstanding": "16"}},
			{Name: "rate-1", Title: "Operations a second, one outstanding", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: results.Where{"outstanding": "1"}},
			{Name: "lines", Title: "Cache-line hand-overs an operation, 16 outstanding", Kind: results.Lines, X: "writes_percent", Y: "handovers_per_op", At: results.Where{"outstanding": "16"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func name(logs int) string {
	if logs == 1 {
		return "nr"
	}
	return fmt.Sprintf("nr/%d-logs", logs)
}

func shapes() []shape.Shape {
	const osdi = "OSDI'21, section 4.1.2"
	at := func(writes, outstanding string) results.Where {
		return results.Where{"writes_percent": writes, "outstanding": outstanding}
	}
	return []shape.Shape{
		{
			Text:   "Reads only: four logs are as fast as one, within 1.5 times: a read meets the local replica alone, and looks at one ctail",
			Source: osdi, Metric: "ops_per_s",
			Judge: shape.Near{A: "nr", B: "nr/4-logs", At: at("0", "1"), Within: 1.5},
		},
		{
			Text:   "Writes only, one outstanding, a thread a node: four logs gain nothing and cost little, within 1.5 times",
			Source: "every node applies every write, by the same thread (the library measured 5.1 Mops/s with CNR and with NR)", Metric: "ops_per_s",
			Judge: shape.Near{A: "nr", B: "nr/4-logs", At: results.Where{"writes_percent": "100", "outstanding": "1", "threads": "1"}, Within: 1.5},
		},
		{
			Text:   "Writes only, 16 outstanding, a thread a node: one log is ahead of eight, for a batch of sixteen becomes eight batches of two",
			Source: "prototypes of this project: 1 / 4 / 16 operations a reservation give 12 / 27 / 40 M/s", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"nr/8-logs"}, At: results.Where{"writes_percent": "100", "outstanding": "16", "threads": "1"}},
		},
		{
			Text:   "Writes only, four threads a node or more: four logs are at least 1.3 times ahead of one",
			Source: osdi + ": one combiner and one replay a log", Metric: "ops_per_s", Needs: shape.Needs{CPUs: 8},
			Judge: shape.Ahead{A: []string{"nr/4-logs"}, B: []string{"nr"}, By: 1.3, At: at("100", "1")},
		},
		{
			// Not exact: the counters are read up to half a millisecond after the
			// operations begin to count (within 1.01 was wanted before the first run).
			Text:   "Each write is one entry in one log, however many there are: within 1.05 times as many entries",
			Source: osdi + ": an operation of one shard has one log", Metric: "log_entries_per_op",
			Judge: shape.Near{A: "nr", B: "nr/4-logs", At: at("100", "1"), Within: 1.05},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	threads := max(1, len(lab.CPUs)/2)
	layout := fmt.Sprintf("2x%d", threads)
	return []experiment.Block{{Name: layout, Open: func(ctx context.Context) ([]experiment.Point, func() error, error) {
		var variants []machines.Variant
		for _, logs := range experiment.Few(lab, []int{1, 4}, []int{1, 2, 4, 8}, []int{1, 2, 4, 8, 16}) {
			c := node.DefaultConfig()
			c.Logs = logs
			variants = append(variants, machines.Variant{Name: name(logs), Config: c})
		}
		set, err := machines.Boot(ctx, lab, layout, variants)
		if err != nil {
			return nil, nil, err
		}
		var points []experiment.Point
		for _, window := range experiment.Few(lab, []int{1}, []int{1, 16}, []int{1, 16}) {
			for _, writes := range experiment.Few(lab, []float64{0, 100}, []float64{0, 10, 50, 100}, []float64{0, 10, 20, 40, 60, 80, 100}) {
				var cells experiment.Point
				for _, m := range set {
					factors := []string{strconv.FormatFloat(writes, 'g', -1, 64), strconv.Itoa(window), strconv.Itoa(threads)}
					cells = append(cells, m.Cell(factors, machines.Spec(lab, writes, window, threads)))
				}
				points = append(points, cells)
			}
		}
		return points, set.Close, nil
	}}}, nil
}
