// Package combining is the experiment of flat combining: how many operations one
// reservation of the log carries, and what that brings.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := combining.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package combining

import (
	"slices"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/inprocess"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/workload"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "combining",
		Title:  "How many operations a reservation of the log carries",
		Claim:  "Combining helps: the more operations one thread appends at a time, its own window's and its neighbours', the less an operation costs.",
		Source: "Hendler et al., Flat Combining, SPAA'10; Calciu et al., ASPLOS'17, section 5",
		Method: "Structures in one process over the key-value service with 50,000 keys, writes only, so that every operation goes through the log, a message or the lock. The window of operations outstanding a thread is varied, and how the CPUs are shared out: all threads on one node, where they combine with each other, or a node each, where a thread combines its own window alone. An idle CPU for the attending threads is not set aside; they sleep while others work.",
		Factors: []results.Column{
			{Name: "window", Label: "operations outstanding a thread"},
			{Name: "nodes", Label: "nodes"},
			{Name: "threads", Label: "threads"},
		},
		Metrics: append(experiment.Metrics(), results.Column{Name: "entries_per_reservation", Label: "operations a reservation of the log"}),
		Figures: []results.Figure{
			{Name: "window", Title: "Writes only: more operations outstanding", Kind: results.Lines, X: "window", Y: "ops_per_s", LogX: true, At: results.Where{"nodes": "2", "threads": "2"}},
			{Name: "one-node", Title: "The same with all threads on one node", Kind: results.Lines, X: "window", Y: "ops_per_s", LogX: true, At: results.Where{"nodes": "1", "threads": "2"}},
			{Name: "batch", Title: "Operations that one reservation carries", Kind: results.Lines, X: "window", Y: "entries_per_reservation", LogX: true, Variants: []string{"nr"}},
			{Name: "latency", Title: "What it costs in latency", Kind: results.Lines, X: "window", Y: "latency_p50_ns", LogX: true, LogY: true, At: results.Where{"nodes": "2", "threads": "2"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	const prototype = "prototypes of this project, before this code: windows of 1, 4, 16 and 32 gave 12, 27, 40 and 45 Mops/s"
	on := func(nodes, threads string) results.Where {
		return results.Where{"nodes": nodes, "threads": threads}
	}
	at := func(window, nodes, threads string) results.Where {
		return results.Where{"window": window, "nodes": nodes, "threads": threads}
	}
	return []shape.Shape{
		{
			Text:   "NR on two nodes: a window of 16 makes twice the writes of a window of 1, or more",
			Source: prototype, Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "nr", Along: "window", From: "1", To: "16", Go: shape.Rises, By: 2, At: on("2", "2")},
		},
		{
			Text:   "NR on two nodes: from 16 to 32 there is little left to gain, less than 1.4 times",
			Source: prototype, Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "nr", Along: "window", From: "16", To: "32", Go: shape.NoMore, By: 1.4, At: on("2", "2")},
		},
		{
			Text:   "A reservation carries the window: at least 12 operations with 16 outstanding on a node of one thread",
			Source: "the protocol: all posted operations of a node are appended as one batch (ASPLOS'17, section 5.2)", Metric: "entries_per_reservation",
			Judge: shape.AtLeast{Variant: "nr", At: at("16", "2", "2"), Value: 12},
		},
		{
			Text:   "With only two threads on one node and one operation each, combining loses to a lock",
			Source: "prototypes of this project: flat combining with 2 threads loses to a spinlock; its gain shows with more threads a node", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"biglock/mutex", "biglock/mcs"}, B: []string{"nr"}, At: at("1", "1", "2")},
		},
		{
			Text:   "Messages gain by a window as well: 16 outstanding make twice the writes of 1, or more",
			Source: "SOSP'09, section 3.2: messages can be pipelined; prototypes: 13 and 27 Mops/s", Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "multikernel", Along: "window", From: "1", To: "16", Go: shape.Rises, By: 2, At: on("2", "2")},
		},
		{
			Text:   "With 8 threads on a node combining is ahead of the locks, one operation outstanding",
			Source: "SPAA'10, figures 3-5", Metric: "ops_per_s", Needs: shape.Needs{CPUs: 8},
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"biglock/mutex", "biglock/mcs", "biglock/rwlock"}, At: at("1", "1", "8")},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	for _, threads := range lab.Threads() {
		for _, nodes := range []int{1, 2} {
			if threads%nodes != 0 || threads == 1 && lab.Scale == experiment.Smoke {
				continue
			}
			all = append(all, block(lab, nodes, threads))
		}
	}
	return all, nil
}

func block(lab *experiment.Lab, nodes, threads int) experiment.Block {
	windows := experiment.Few(lab, []int{1, 16}, []int{1, 4, 16, 32}, []int{1, 2, 4, 8, 16, 32, 64})
	var loads []inprocess.Load
	for _, w := range windows {
		spec := workload.Default()
		spec.WriteRatio, spec.Window, spec.Seed = 100, w, lab.Seed
		loads = append(loads, inprocess.Load{Factors: []string{strconv.Itoa(w), strconv.Itoa(nodes), strconv.Itoa(threads)}, Spec: spec})
	}
	shape := inprocess.Shape{Nodes: nodes, Threads: threads / nodes, Window: slices.Max(windows)}
	return inprocess.Block(strconv.Itoa(nodes)+"x"+strconv.Itoa(threads/nodes), inprocess.Makers(), shape, lab.CPUs[:threads], loads, nil)
}
