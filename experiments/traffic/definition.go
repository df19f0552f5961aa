// Package traffic is the experiment of what crosses between nodes: cache lines,
// log entries and messages an operation, by structure and mix.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := traffic.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package traffic

import (
	"context"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	heat := func(name, window, title string) results.Figure {
		return results.Figure{Name: name, Title: title, Kind: results.Heat, X: "writes_percent", Y: "variant", Value: "handovers_per_op", At: results.Where{"window": window, "nodes": "2"}}
	}
	cause := func(name, label string) results.Column {
		return results.Column{Name: name, Label: label + " an operation (observed: a lower bound)", Lower: true}
	}
	return &experiment.Definition{
		Name:   "traffic",
		Title:  "What crosses between nodes",
		Claim:  "A message costs the same whatever is asked; NR pays for writes alone, a replica and an entry at a time; a lock pays whenever another node held it last.",
		Source: "Calciu et al., ASPLOS'17, section 4; Baumann et al., SOSP'09, section 3.2",
		Method: "Machines of kernels run the key-value service with 50,000 keys and a thread a node. What crosses is counted by the structures themselves, from cursors and changed values: a lower bound, for polls and failed exchanges hide. Operations and what crosses are counted over times that differ by a few per cent of a sample. Throughput is not read from these runs.",
		Factors: []results.Column{
			{Name: "writes_percent", Label: "writes, %"},
			{Name: "window", Label: "operations outstanding a thread"},
			{Name: "nodes", Label: "nodes"},
		},
		Metrics: []results.Column{
			{Name: "handovers_per_op", Label: "cache-line hand-overs an operation (observed: a lower bound)", Lower: true},
			{Name: "log_entries_per_op", Label: "log entries an operation", Lower: true},
			{Name: "messages_per_op", Label: "messages an operation", Lower: true},
			cause("entry_lines_per_op", "lines of log slots"),
			cause("control_lines_per_op", "lines of log control words"),
			cause("message_lines_per_op", "lines of channels"),
			cause("lock_lines_per_op", "lines of locks and what they guard"),
		},
		Figures: []results.Figure{
			heat("window-1", "1", "Cache lines an operation, one outstanding a thread"),
			heat("window-16", "16", "Cache lines an operation, 16 outstanding a thread"),
			{Name: "lines", Title: "Cache lines over the mix, 16 outstanding", Kind: results.Lines, X: "writes_percent", Y: "handovers_per_op", At: results.Where{"window": "16", "nodes": "2"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	at := func(writes, window string) results.Where {
		return results.Where{"writes_percent": writes, "window": window, "nodes": "2"}
	}
	along := results.Where{"window": "16", "nodes": "2"}
	flat := func(to string) shape.Judge {
		return shape.Trend{Variant: "multikernel", Along: "writes_percent", From: "0", To: to, Go: shape.Flat, By: 1.2, At: along}
	}
	whatever := func(bound func(results.Where) shape.Judge) (all shape.All) {
		for _, writes := range []string{"0", "10", "50", "100"} {
			all = append(all, bound(at(writes, "16")))
		}
		return all
	}
	const protocol = "the protocol (docs/design.md)"
	return []shape.Shape{
		{
			Text:   "NR: reads append nothing to the log",
			Source: protocol, Metric: "log_entries_per_op", Exact: true,
			Judge: shape.AtMost{Variant: "nr", At: at("0", "16"), Value: 0},
		},
		{
			Text:   "NR: every write is one entry of the log, counted to a tenth",
			Source: protocol, Metric: "log_entries_per_op",
			Judge: shape.All{
				shape.AtLeast{Variant: "nr", At: at("100", "16"), Value: 0.9},
				shape.AtMost{Variant: "nr", At: at("100", "16"), Value: 1.1},
			},
		},
		{
			Text:   "Multikernel on two nodes: one message an operation, for half of the keys are away and each of those is a request and an answer; at least 0.9, whatever the mix",
			Source: protocol, Metric: "messages_per_op",
			Judge: whatever(func(w results.Where) shape.Judge { return shape.AtLeast{Variant: "multikernel", At: w, Value: 0.9} }),
		},
		{
			Text:   "Multikernel on two nodes: at most 1.1 messages an operation, whatever the mix",
			Source: protocol, Metric: "messages_per_op",
			Judge: whatever(func(w results.Where) shape.Judge { return shape.AtMost{Variant: "multikernel", At: w, Value: 1.1} }),
		},
		{
			Text:   "Multikernel: the lines of an operation do not depend on the mix: 10, 50 and 100 % writes within 1.2 times of reads",
			Source: "SOSP'09, section 3.2", Metric: "handovers_per_op",
			Judge: shape.All{flat("10"), flat("50"), flat("100")},
		},
		{
			Text:   "10 % writes: NR moves fewer lines than messages do",
			Source: "ASPLOS'17, section 4: traffic in proportion to the writes", Metric: "handovers_per_op",
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"multikernel"}, At: at("10", "16")},
		},
		{
			Text:   "Writes only, one outstanding: NR moves more lines than messages do (entry, tail, ctail and ltail against request and answer)",
			Source: protocol, Metric: "handovers_per_op",
			Judge: shape.Ahead{A: []string{"multikernel"}, B: []string{"nr"}, At: at("100", "1")},
		},
		{
			Text:   "A window of 16 saves NR control lines: at most half of those of a window of 1",
			Source: "ASPLOS'17, section 5.2: a batch shares its reservation", Metric: "control_lines_per_op",
			Judge: shape.Trend{Variant: "nr", Along: "window", From: "1", To: "16", Go: shape.Falls, By: 2, At: results.Where{"writes_percent": "100", "nodes": "2"}},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	for _, nodes := range experiment.Few(lab, []int{2}, []int{2}, []int{2, 4, 8}) {
		if nodes > max(2, len(lab.CPUs)) {
			continue
		}
		all = append(all, experiment.Block{
			Name: strconv.Itoa(nodes) + "x1",
			Open: func(ctx context.Context) ([]experiment.Point, func() error, error) { return open(ctx, lab, nodes) },
		})
	}
	return all, nil
}

func open(ctx context.Context, lab *experiment.Lab, nodes int) ([]experiment.Point, func() error, error) {
	set, err := machines.Boot(ctx, lab, strconv.Itoa(nodes)+"x1", machines.Structures())
	if err != nil {
		return nil, nil, err
	}
	var points []experiment.Point
	for _, window := range experiment.Few(lab, []int{16}, []int{1, 16}, nil) {
		for _, writes := range experiment.Few(lab, []float64{0, 100}, []float64{0, 10, 50, 100}, []float64{0, 10, 20, 50, 80, 100}) {
			factors := []string{strconv.FormatFloat(writes, 'g', -1, 64), strconv.Itoa(window), strconv.Itoa(nodes)}
			var cells experiment.Point
			for _, m := range set {
				cells = append(cells, m.Cell(factors, machines.Spec(lab, writes, window, 1)))
			}
			points = append(points, cells)
		}
	}
	return points, set.Close, nil
}
