package machines

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/node"
)

// Variant is a structure to boot.
type Variant struct {
	Name   string // nr, multikernel, biglock/mcs, or as an experiment calls it
	Config node.Config
}

// Structures returns all structures, the big lock with each of its locks.
func Structures() []Variant {
	var all []Variant
	for _, m := range node.Modes() {
		c := node.DefaultConfig()
		c.Mode = m
		if m != node.ModeBigLock {
			all = append(all, Variant{string(m), c})
			continue
		}
		for _, k := range biglock.Kinds() {
			c.Lock = string(k)
			all = append(all, Variant{"biglock/" + c.Lock, c})
		}
	}
	return all
}

// Locks returns the names of the big lock's variants.
func Locks() []string {
	var all []string
	for _, k := range biglock.Kinds() {
		all = append(all, "biglock/"+string(k))
	}
	return all
}

// Machine is a machine that was booted.
type Machine struct {
	*node.Machine
	Name string
	// CPUs are the first of each of its nodes, then the others.
	CPUs []int
}

// Set is the machines of a block.
type Set []*Machine

// Boot boots a machine of each variant on a topology ("NxM", or empty for the
// machine's own). What was booted before an error is stopped.
func Boot(ctx context.Context, lab *experiment.Lab, topology string, variants []Variant) (all Set, err error) {
	for _, v := range variants {
		c := v.Config
		c.Topology, c.RunDir = topology, node.UniqueRunDir()
		// Its life is not ctx: it is stopped when the block ends, in any case.
		m, err := node.Boot(context.WithoutCancel(ctx), c, node.Hooks{Version: lab.Version})
		if err == nil {
			all = append(all, &Machine{Machine: m, Name: v.Name, CPUs: spread(m)})
			err = ctx.Err()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("boot %s: %w", v.Name, err), all.Close())
		}
		note(ctx, lab, all[len(all)-1])
	}
	return all, nil
}

// spread lists the CPUs of a machine, the first of each node first.
func spread(m *node.Machine) []int {
	var first, rest []int
	seen := map[int]bool{}
	for _, n := range m.Topology().Nodes {
		for i, cpu := range n.Cores {
			switch {
			case seen[cpu]:
			case i == 0:
				first = append(first, cpu)
			default:
				rest = append(rest, cpu)
			}
			seen[cpu] = true
		}
	}
	return append(first, rest...)
}

// note records what a machine is, and what it had to do without.
func note(ctx context.Context, lab *experiment.Lab, m *Machine) {
	f := results.MachineFacts{Name: m.Name, Topology: m.Topology().String()}
	if s, err := m.Status(ctx, node.StatusRequest{}); err == nil {
		f.Hugepages, f.Policy, f.Placed = s.Segment.PageSize > 4096, s.Policy.String(), true
		for _, k := range s.Kernels {
			f.Placed = f.Placed && k.Right
		}
	}
	lab.Record(f)
	for _, w := range m.Warnings() {
		// How many pages each machine lacks differs.
		if before, _, ok := strings.Cut(w, ": "); ok && strings.Contains(before, "ordinary pages") {
			w = before
		}
		lab.Warn(w)
	}
}

// stopPatience is how long all machines of a set may take to stop.
const stopPatience = 20 * time.Second

// Close stops all machines, at once.
func (s Set) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	errs := make([]error, len(s))
	var all sync.WaitGroup
	for i, m := range s {
		all.Go(func() {
			if err := m.Stop(ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %w", m.Name, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
