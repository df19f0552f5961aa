package memory

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/node"
)

func shapes() []shape.Shape {
	const populated = "the segment is mapped whole and populated at start (docs/design.md)"
	at := func(nodes string, log, ring int) results.Where {
		return results.Where{"nodes": nodes, "log_slots": slots(log), "ring_slots": slots(ring)}
	}
	along := results.Where{"log_slots": slots(usualLog), "ring_slots": slots(usualRing)}
	exact := func(text, source, metric string, j shape.Judge) shape.Shape {
		return shape.Shape{Text: text, Source: source, Metric: metric, Exact: true, Judge: j}
	}
	var whole shape.All // of the segment of each structure, on two nodes
	for _, mode := range node.Modes() {
		w := at("2", usualLog, usualRing)
		whole = append(whole, shape.AtLeast{Variant: string(mode), At: w, Value: 1}, shape.AtMost{Variant: string(mode), At: w, Value: 1})
	}
	return []shape.Shape{
		exact("Linux has all of the segment mapped in a kernel, and no more", populated, "mapped_share", whole),
		exact("All of it has pages", populated, "resident_share", whole),
		exact("NR has a copy a node: the keys take at least 1.7 times as much with two nodes as with one", "ASPLOS'17, section 6.4", "state_bytes",
			shape.Trend{Variant: "nr", Along: "nodes", From: "1", To: "2", Go: shape.Rises, By: 1.7, At: along}),
		exact("The multikernel has one copy in all: with two nodes the keys take about as much as with one, within 1.6 times", "SOSP'09, section 3.3: state is partitioned", "state_bytes",
			shape.Trend{Variant: "multikernel", Along: "nodes", From: "1", To: "2", Go: shape.Flat, By: 1.6, At: along}),
		exact("The big lock has one copy: NR on two nodes takes more than it", "ASPLOS'17, section 6.4", "state_bytes",
			shape.Ahead{A: []string{"biglock"}, B: []string{"nr"}, At: at("2", usualLog, usualRing)}),
	}
}
