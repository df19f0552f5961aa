package inprocess

import (
	"context"
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/workload"
)

// Set is structures that are up at the same time, filled, with their idle nodes
// attended.
type Set []Named

// Named is a structure with its name.
type Named struct {
	*Group
	Name string
	cpus []int
}

// Open makes a structure of each maker on the CPUs, and fills it.
func Open(makers []Maker, s Shape, cpus []int, spec workload.Spec) (all Set, err error) {
	for _, m := range makers {
		g, err := m.Make(s)
		if err == nil {
			g.Attend(cpus)
			all = append(all, Named{g, m.Name, cpus})
			err = g.Fill(spec)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", m.Name, err), all.Close())
		}
	}
	return all, nil
}

// cells returns a cell of each structure under a load.
func (s Set) cells(l Load) (p experiment.Point) {
	for _, g := range s {
		p = append(p, g.Cell(g.Name, l.Factors, l.Spec, g.cpus))
	}
	return p
}

// Load is a workload at a point of an experiment.
type Load struct {
	Factors []string
	Spec    workload.Spec
}

// Block is a block that opens a structure of each maker, and samples all under
// each of the loads, which have the same keys. More, if there is one, adds cells
// to a point.
func Block(name string, makers []Maker, s Shape, cpus []int, loads []Load, more func(Load) (experiment.Point, error)) experiment.Block {
	return experiment.Block{Name: name, Open: func(context.Context) (points []experiment.Point, closeAll func() error, err error) {
		set, err := Open(makers, s, cpus, loads[0].Spec)
		if err != nil {
			return nil, nil, err
		}
		for _, l := range loads {
			p := set.cells(l)
			if more != nil {
				others, err := more(l)
				if err != nil {
					return nil, set.Close, err
				}
				p = append(p, others...)
			}
			points = append(points, p)
		}
		return points, set.Close, nil
	}}
}

// Close ends the attending threads of all.
func (s Set) Close() error {
	var errs []error
	for _, g := range s {
		errs = append(errs, g.Group.Close())
	}
	return errors.Join(errs...)
}
