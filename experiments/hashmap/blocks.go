package hashmap

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/inprocess"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/workload"
)

// load is a point of the sweep besides nodes and threads.
type load struct {
	writes       float64
	distribution workload.Distribution
	window       int
}

// factors returns the point of a load on nodes and threads.
func (p load) factors(nodes, threads int) []string {
	return []string{strconv.FormatFloat(p.writes, 'g', -1, 64), string(p.distribution), strconv.Itoa(p.window), strconv.Itoa(nodes), strconv.Itoa(threads)}
}

// loads returns the sweep: all of it on the most nodes, the outline elsewhere.
func loads(lab *experiment.Lab, whole bool) []load {
	mixes := experiment.Few(lab, []float64{0, 100}, []float64{0, 10, 50, 100}, []float64{0, 10, 20, 40, 60, 80, 100})
	var all []load
	for _, w := range mixes {
		all = append(all, load{w, workload.Uniform, 1})
	}
	if !whole {
		return all
	}
	for _, w := range mixes {
		all = append(all, load{w, workload.Uniform, 16})
	}
	for _, w := range experiment.Few(lab, []float64{10}, []float64{0, 10, 100}, mixes) {
		all = append(all, load{w, workload.Zipf, 1})
	}
	return all
}

// layouts returns the topologies of the sweep, the widest first: all CPUs in
// ever fewer nodes, and two nodes of one thread.
func layouts(lab *experiment.Lab) []layout {
	cpus := len(lab.CPUs)
	if cpus < 2 {
		return []layout{{2, 1}}
	}
	var all []layout
	for nodes := 1; nodes <= min(cpus, 8); nodes *= 2 {
		if cpus%nodes == 0 {
			all = append([]layout{{nodes, cpus / nodes}}, all...)
		}
	}
	two := layout{2, 1}
	if all[0] != two {
		all = append([]layout{two}, all...)
	}
	if lab.Scale == experiment.Smoke {
		all = all[:1]
	}
	return all
}

// layout is nodes and threads a node.
type layout struct{ nodes, threads int }

func (l layout) String() string { return fmt.Sprintf("%dx%d", l.nodes, l.threads) }

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	for i, l := range layouts(lab) {
		all = append(all, experiment.Block{
			Name: l.String(),
			Open: func(ctx context.Context) ([]experiment.Point, func() error, error) { return open(ctx, lab, l, i == 0) },
		})
	}
	return all, nil
}

// open boots the machines of a layout and fills the baselines.
func open(ctx context.Context, lab *experiment.Lab, l layout, whole bool) ([]experiment.Point, func() error, error) {
	set, err := machines.Boot(ctx, lab, l.String(), machines.Structures())
	if err != nil {
		return nil, nil, err
	}
	var points []experiment.Point
	filled := inprocess.Filled{}
	for _, p := range loads(lab, whole) {
		spec := machines.Spec(lab, p.writes, p.window, l.threads)
		spec.Distribution = p.distribution
		var cells experiment.Point
		for _, m := range set {
			cells = append(cells, m.Cell(p.factors(l.nodes, l.nodes*l.threads), spec))
		}
		if p.window == 1 {
			at := inprocess.Load{Factors: p.factors(l.nodes, l.nodes*l.threads), Spec: spec}
			var single []string
			if whole {
				single = p.factors(1, 1)
			}
			more, err := filled.Cells(at, single, set[0].CPUs)
			if err != nil {
				return nil, set.Close, err
			}
			cells = append(cells, more...)
		}
		points = append(points, cells)
	}
	return points, set.Close, nil
}
