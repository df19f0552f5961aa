// Package idlereplicas is the experiment of nodes that do nothing: what they cost
// those that work.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := idlereplicas.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package idlereplicas

import (
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/inprocess"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "idle-replicas",
		Title:  "What nodes that do nothing cost those that work",
		Claim:  "An idle replica must apply the log all the same: it costs the writers, but never stops them.",
		Source: "the node-replication library, measured on 2 CPUs: with one idle replica its writes fall 1.7 times, with three 3 times; its CNR with one idle replica hung; Bhardwaj et al., OSDI'21, section 4.2",
		Method: "Structures in one process over the key-value service with 50,000 keys, one operation outstanding. One node works, from one thread; none to seven others have no thread and are attended: a thread of each, on another CPU, sleeps until it is rung. With more nodes than the two CPUs the structures wait as machines do that share CPUs: they yield at once. In NR a writer who finds the log full replays the idle replicas of its own process. In the multikernel the idle nodes own their shards and answer for them; under the big lock there is nothing that they could hold.",
		Factors: []results.Column{
			{Name: "idle_nodes", Label: "idle nodes"},
			{Name: "writes_percent", Label: "writes, %"},
		},
		Metrics: experiment.Metrics(),
		Figures: []results.Figure{
			{Name: "writes", Title: "Writes only", Kind: results.Lines, X: "idle_nodes", Y: "ops_per_s", LogY: true, At: results.Where{"writes_percent": "100"}},
			{Name: "reads", Title: "Reads only", Kind: results.Lines, X: "idle_nodes", Y: "ops_per_s", LogY: true, At: results.Where{"writes_percent": "0"}},
			{Name: "tail", Title: "Writes only: 99th percentile of latency", Kind: results.Lines, X: "idle_nodes", Y: "latency_p99_ns", LogY: true, At: results.Where{"writes_percent": "100"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	const library = "the node-replication library, measured on 2 CPUs"
	trend := func(variant, writes, to string, way shape.Direction, by float64) shape.Trend {
		return shape.Trend{Variant: variant, Along: "idle_nodes", From: "0", To: to, Go: way, By: by, At: results.Where{"writes_percent": writes}}
	}
	return []shape.Shape{
		{
			Text:   "NR, writes only: one idle replica makes them slower",
			Source: library + ": 1.7 times", Metric: "ops_per_s",
			Judge: trend("nr", "100", "1", shape.Falls, 0),
		},
		{
			Text:   "NR, writes only: three idle replicas make them at most four times slower",
			Source: library + ": 3 times with three", Metric: "ops_per_s",
			Judge: trend("nr", "100", "3", shape.NoLess, 4),
		},
		{
			Text:   "NR, writes only: three idle replicas make them at most 1.1 times slower",
			Source: "the design: an idle replica of a large log sleeps until much of it has gathered (docs/design.md)", Metric: "ops_per_s",
			Judge: trend("nr", "100", "3", shape.NoLess, 1.1),
		},
		{
			Text:   "NR, reads only: three idle replicas change nothing, within 1.3 times",
			Source: "ASPLOS'17, section 5: a read meets the local replica alone", Metric: "ops_per_s",
			Judge: trend("nr", "0", "3", shape.Flat, 1.3),
		},
		{
			Text:   "Multikernel: with an idle node half of the keys are away, and calls become at least twice as slow, reads too",
			Source: "SOSP'09, section 4.6: a message there and back instead of a call", Metric: "ops_per_s",
			Judge: trend("multikernel", "0", "1", shape.Falls, 2),
		},
		{
			Text:   "Big lock: idle nodes change nothing, within 1.3 times",
			Source: "one copy, which nobody else touches", Metric: "ops_per_s",
			Judge: trend("biglock/mutex", "100", "3", shape.Flat, 1.3),
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	for _, idle := range experiment.Few(lab, []int{0, 3}, []int{0, 1, 3}, []int{0, 1, 2, 3, 5, 7}) {
		var loads []inprocess.Load
		for _, writes := range experiment.Few(lab, []float64{100}, []float64{0, 100}, []float64{0, 10, 50, 100}) {
			spec := workload.Default()
			spec.WriteRatio, spec.Window, spec.Seed = writes, 1, lab.Seed
			loads = append(loads, inprocess.Load{Factors: []string{strconv.Itoa(idle), strconv.FormatFloat(writes, 'g', -1, 64)}, Spec: spec})
		}
		// The worker keeps the first CPU; idle nodes are attended on the last.
		// The window is for filling.
		cpus := lab.Pair()
		s := inprocess.Shape{Nodes: 1, Threads: 1, Idle: idle, Window: 64, Policy: transport.PolicyFor(1+idle <= len(cpus))}
		b := inprocess.Block(strconv.Itoa(idle)+" idle", inprocess.Makers(), s, cpus, loads, nil)
		all = append(all, b)
	}
	return all, nil
}
