package memory

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

func shapes() []shape.Shape {
	const layout = "the layout (docs/design.md): a slot is 64 bytes"
	at := func(nodes string, log, ring int) results.Where {
		return results.Where{"nodes": nodes, "log_slots": slots(log), "ring_slots": slots(ring)}
	}
	along := results.Where{"log_slots": slots(usualLog), "ring_slots": slots(usualRing)}
	exact := func(text, source, metric string, j shape.Judge) shape.Shape {
		return shape.Shape{Text: text, Source: source, Metric: metric, Exact: true, Judge: j}
	}
	return []shape.Shape{
		exact("The default log takes 2 MiB and no more", layout, "log_bytes",
			shape.AtMost{Variant: "nr", At: at("2", usualLog, usualRing), Value: usualLog * 64, Unit: " bytes"}),
		exact("The log does not grow with the nodes", "ASPLOS'17, section 5.1: one log for all replicas", "log_bytes",
			shape.Trend{Variant: "nr", Along: "nodes", From: "1", To: "4", Go: shape.Flat, By: 1.001, At: along}),
		exact("The rings grow with the square of the nodes: four nodes take at least 3.9 times the rings of two", "SOSP'09, section 4.6: a channel for every ordered pair", "ring_bytes",
			shape.Trend{Variant: "multikernel", Along: "nodes", From: "2", To: "4", Go: shape.Rises, By: 3.9, At: along}),
		exact("Linux has all of the segment mapped and with pages: at least 2 MiB with pages of the default log", "populated at start (docs/design.md)", "resident_bytes",
			shape.AtLeast{Variant: "nr", At: at("2", usualLog, usualRing), Value: usualLog * 64, Unit: " bytes"}),
		exact("NR has a copy a node: the keys take at least 1.7 times as much with two nodes as with one", "ASPLOS'17, section 6.4", "state_bytes",
			shape.Trend{Variant: "nr", Along: "nodes", From: "1", To: "2", Go: shape.Rises, By: 1.7, At: along}),
		exact("The multikernel has one copy in all: with two nodes the keys take about as much as with one, within 1.6 times", "SOSP'09, section 3.3: state is partitioned", "state_bytes",
			shape.Trend{Variant: "multikernel", Along: "nodes", From: "1", To: "2", Go: shape.Flat, By: 1.6, At: along}),
		exact("The big lock has one copy: NR on two nodes takes more than it", "ASPLOS'17, section 6.4", "state_bytes",
			shape.Ahead{A: []string{"biglock"}, B: []string{"nr"}, At: at("2", usualLog, usualRing)}),
	}
}
