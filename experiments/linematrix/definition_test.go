package linematrix

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// machine is one with a pair of CPUs of each relation to CPU 0.
func machine() *numa.Topology {
	cpu := func(id, node, l3, core int) numa.CPU { return numa.CPU{ID: id, Node: node, L3: l3, Core: core} }
	return &numa.Topology{
		Nodes: []numa.Node{{ID: 0, Cores: []int{0, 1, 2, 3}}, {ID: 1, Cores: []int{4}}},
		CPUs:  []numa.CPU{cpu(0, 0, 0, 0), cpu(1, 0, 0, 0), cpu(2, 0, 0, 1), cpu(3, 0, 1, 2), cpu(4, 1, 2, 3), cpu(5, 0, -1, 4)},
	}
}

// TestRelation: two CPUs are related by node, then cache, then core.
func TestRelation(t *testing.T) {
	topology := machine()
	for b, want := range map[int]string{1: sibling, 2: sameCache, 3: sameNode, 4: otherNode, 5: sameNode} {
		if got := relation(topology, 0, b); got != want {
			t.Errorf("CPUs 0 and %d: %s, want %s", b, got, want)
		}
	}
}

// TestShapesAreJudged: on a machine that has all relations every shape is judged,
// though each relation is a placement of its own.
func TestShapesAreJudged(t *testing.T) {
	lab, err := experiment.NewLab(experiment.Quick, "test")
	if err != nil {
		t.Fatal(err)
	}
	lab.Topology, lab.CPUs, lab.Budget = machine(), []int{0, 1, 2, 3, 4}, experiment.Budget{Repetitions: 5}
	times := map[string]float64{sibling: 9, sameCache: 40, sameNode: 200, otherNode: 250}
	d := Definition()
	d.Blocks = func(lab *experiment.Lab) ([]experiment.Block, error) {
		all, err := blocks(lab)
		if err != nil {
			return nil, err
		}
		points, _, err := all[0].Open(t.Context())
		if err != nil {
			return nil, err
		}
		for i := range points[0] {
			c := &points[0][i]
			c.Take = func(context.Context, measure.Span) ([]experiment.Reading, error) {
				return experiment.One(map[string]float64{"relation_one_way_ns": times[c.Variant]}), nil
			}
		}
		return []experiment.Block{experiment.Static("all pairs", points)}, nil
	}
	f, err := experiment.Run(t.Context(), d, lab, experiment.Options{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range f.Summary.Verdicts {
		if v.Outcome != results.Held {
			t.Errorf("%s: %s: %s", v.Shape, v.Outcome, v.Text)
		}
	}
}
