package experiment

import (
	"fmt"
	"slices"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/numa"
)

// Lab is the machine that an experiment runs on, and what it may use of it.
type Lab struct {
	Scale  Scale
	Budget Budget
	// Topology is the machine's own.
	Topology *numa.Topology
	// CPUs may be used, ascending.
	CPUs []int
	Seed uint64
	// Version is what the machines that are booted say of the program.
	Version string

	machines []results.MachineFacts
	warnings []string
}

// NewLab looks at this machine.
func NewLab(scale Scale, version string) (*Lab, error) {
	t, err := numa.Discover()
	if err != nil {
		return nil, err
	}
	return &Lab{Scale: scale, Budget: scale.Budget(), Topology: t, CPUs: t.Usable(), Seed: 1, Version: version}, nil
}

// Record notes a machine that took part.
func (l *Lab) Record(m results.MachineFacts) {
	if !slices.Contains(l.machines, m) {
		l.machines = append(l.machines, m)
	}
}

// Warn notes what a reader of the numbers must know.
func (l *Lab) Warn(text string) {
	if !slices.Contains(l.warnings, text) {
		l.warnings = append(l.warnings, text)
	}
}

// Pair returns the CPUs of two threads that are as far apart as the machine
// has them; with one CPU, that one.
func (l *Lab) Pair() []int {
	if len(l.CPUs) < 2 {
		return l.CPUs
	}
	return []int{l.CPUs[0], l.CPUs[len(l.CPUs)-1]}
}

// Threads returns the numbers of threads of a sweep: powers of two up to the
// number of CPUs, and that number.
func (l *Lab) Threads() []int {
	var all []int
	for n := 1; n < len(l.CPUs); n *= 2 {
		all = append(all, n)
	}
	return append(all, len(l.CPUs))
}

// Few returns less at a smaller scale: the first list at smoke, the second at
// quick, the last at full. A list that is nil stands for the one after it.
func Few[T any](l *Lab, smoke, quick, full []T) []T {
	switch {
	case l.Scale == Smoke && smoke != nil:
		return smoke
	case l.Scale != Full && quick != nil:
		return quick
	}
	return full
}

// host says what shapes can be judged here.
func (l *Lab) host() shape.Host {
	caches, threads, most := map[int]bool{}, map[int]int{}, 1
	for _, id := range l.CPUs {
		c, ok := l.Topology.CPU(id)
		if !ok {
			continue
		}
		if c.L3 >= 0 {
			caches[c.L3] = true
		}
		if c.Core >= 0 {
			threads[c.Core]++
			most = max(most, threads[c.Core])
		}
	}
	return shape.Host{Nodes: len(l.Topology.Nodes), Caches: max(1, len(caches)), CPUs: len(l.CPUs), Threads: most}
}

// NeedCPUs is the error of an experiment that a machine has too few CPUs for.
func NeedCPUs(want, have int) error {
	return fmt.Errorf("%w: needs %d CPUs, %d may be used here", numa.ErrNotSupported, want, have)
}
