// Package oversubscription is the experiment of more kernels than CPUs.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := oversubscription.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package oversubscription

import (
	"context"
	"slices"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// spinning is the multikernel with threads that wait as if each had a CPU.
const spinning = "multikernel, spinning"

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "oversubscription",
		Title:  "More kernels than CPUs",
		Claim:  "With more kernels than CPUs, waiting by polling collapses, for whoever is waited for has no CPU; waiting that yields is bounded.",
		Source: "Barrelfish TN-009: 600 cycles when both ends run, up to 10,000 with three polling domains a core; prototypes of this project: messages between four nodes on two CPUs 0.002 M/s polling, 1.1 M/s yielding",
		Method: "Machines of kernels with one, two and four kernels for each CPU run the key-value service, 10 % writes, one operation outstanding a thread. The machines choose their waiting from the topology (spin, then yield, then sleep; spin once where CPUs are shared). One multikernel is told to wait as if each thread had a CPU. A machine has 64 kernels at most: of many CPUs only as many take part as leave room for the most kernels a CPU, 16 where four are the most.",
		Factors: []results.Column{
			{Name: "kernels_per_cpu", Label: "kernels for each CPU"},
			{Name: "nodes", Label: "nodes"},
		},
		Metrics: experiment.Metrics(),
		Figures: []results.Figure{
			{Name: "rate", Title: "Operations a second", Kind: results.Lines, X: "kernels_per_cpu", Y: "ops_per_s", LogX: true, LogY: true},
			{Name: "tail", Title: "99th percentile of latency", Kind: results.Lines, X: "kernels_per_cpu", Y: "latency_p99_ns", LogX: true, LogY: true},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	const prototype = "prototypes of this project: messages between four nodes on two CPUs 1.1 M/s yielding, 0.002 polling"
	at := func(n string) results.Where { return results.Where{"kernels_per_cpu": n} }
	return []shape.Shape{
		{
			Text:   "Two kernels for a CPU: a multikernel that yields is at least five times ahead of one that spins",
			Source: prototype, Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"multikernel"}, B: []string{spinning}, By: 5, At: at("2")},
		},
		{
			Text:   "Two kernels for a CPU: messages make at least 0.1 M operations a second",
			Source: prototype, Metric: "ops_per_s",
			Judge: shape.AtLeast{Variant: "multikernel", At: at("2"), Value: 0.1e6, Unit: " operations a second"},
		},
		{
			Text:   "NR does not collapse: with four kernels for a CPU at least a tenth of the operations of one",
			Source: "nrkern's design: with more kernels than cores nothing may collapse", Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "nr", Along: "kernels_per_cpu", From: "1", To: "4", Go: shape.NoLess, By: 10},
		},
		{
			Text:   "NR loses less than messages do: a read needs nobody else, a message two",
			Source: "TN-009", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"multikernel"}, By: 2, At: at("4")},
		},
		{
			Text:   "A queue lock suffers most among the locks: its waiters are served in order, whether they run or not",
			Source: "Dice, Malthusian Locks, EuroSys'17; SOSP'13 (Everything ...), section 5", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"biglock/mutex"}, B: []string{"biglock/mcs"}, At: at("4")},
		},
	}
}

// layout is kernels on CPUs.
type layout struct{ each, nodes, cpus int }

// layouts returns those of the sweep, all on as many CPUs: the most kernels that a
// machine can have bound them.
func layouts(lab *experiment.Lab) []layout {
	ratios := experiment.Few(lab, []int{2}, []int{1, 2, 4}, []int{1, 2, 4, 8})
	cpus := min(len(lab.CPUs), numa.MaxNodes/slices.Max(ratios))
	var all []layout
	for _, each := range ratios {
		all = append(all, layout{each, each * cpus, cpus})
	}
	return all
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	for _, l := range layouts(lab) {
		all = append(all, experiment.Block{
			Name: strconv.Itoa(l.each) + " for a CPU",
			Open: func(ctx context.Context) ([]experiment.Point, func() error, error) { return open(ctx, lab, l) },
		})
	}
	return all, nil
}

func open(ctx context.Context, lab *experiment.Lab, l layout) ([]experiment.Point, func() error, error) {
	variants := machines.Structures()
	c := node.DefaultConfig()
	c.Mode, c.Wait = node.ModeMultikernel, transport.Dedicated.Name
	variants = append(variants, machines.Variant{Name: spinning, Config: c})
	for i := range variants {
		variants[i].Config.CPUs = l.cpus
	}
	set, err := machines.Boot(ctx, lab, strconv.Itoa(l.nodes)+"x1", variants)
	if err != nil {
		return nil, nil, err
	}
	var cells experiment.Point
	for _, m := range set {
		cells = append(cells, m.Cell([]string{strconv.Itoa(l.each), strconv.Itoa(l.nodes)}, machines.Spec(lab, 10, 1, 1)))
	}
	return []experiment.Point{cells}, set.Close, nil
}
