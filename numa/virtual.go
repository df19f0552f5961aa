package numa

import (
	"cmp"
	"fmt"
	"slices"
)

// Overlay lays a virtual topology of s.Nodes nodes with s.Cores cores each over the
// CPUs that t may use.
//
// With enough CPUs each core has one of its own. A virtual node takes whole
// physical cores, SMT siblings only where cores run out, and all its cores from
// one L3 cache, or else one real node, or else (a Note says so) the nearest
// ones; virtual nodes spread over the real nodes. With too few CPUs, CPUs are
// shared as evenly as can be (every one serves n or n+1 cores), neighbours
// first, so that a virtual node is still on as few CPUs as possible; Shared is
// set and a Note says how many per CPU.
//
// Distances are those of the real nodes underneath: virtual nodes on one real
// node are 10 apart, for nothing between them is remote.
func (t *Topology) Overlay(s Spec) (*Topology, error) { return t.OverlayOn(s, 0) }

// OverlayOn is Overlay over the first CPUs alone, by locality: over all of them if
// the number is 0, or larger than there are.
func (t *Topology) OverlayOn(s Spec, most int) (*Topology, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if t.Virtual {
		return nil, fmt.Errorf("numa: topology %s over %s: %w: the machine is virtual already; start from what Discover found", s, t.Spec, ErrSpec)
	}
	var usable []CPU
	for _, c := range t.CPUs {
		if c.Usable() && t.realNode(c.Node) != nil {
			usable = append(usable, c)
		}
	}
	if len(usable) == 0 {
		return nil, fmt.Errorf("numa: topology %s: %w: no CPU is usable", s, ErrNoTopology)
	}
	if most > 0 && most < len(usable) {
		usable = byLocality(usable)[:most]
	}
	var groups [][]CPU
	shared := s.Nodes*s.Cores > len(usable)
	if shared {
		groups = shareCPUs(usable, s)
	} else {
		groups = newLayout(t, usable, s).place()
	}
	slices.SortStableFunc(groups, func(a, b []CPU) int {
		return cmp.Or(cmp.Compare(homeOf(a).Node, homeOf(b).Node), cmp.Compare(a[0].ID, b[0].ID))
	})
	v := &Topology{CPUs: t.CPUs, Virtual: true, Spec: s.String(), Shared: shared, Notes: slices.Clone(t.Notes)}
	for i, group := range groups {
		home := homeOf(group)
		n := *t.realNode(home.Node)
		n.ID, n.Package, n.Cores, n.Distance = i, home.Package, coresFirst(group), nil
		v.Nodes = append(v.Nodes, n)
	}
	for i := range v.Nodes {
		real := t.realNode(v.Nodes[i].Physical)
		for j := range v.Nodes {
			v.Nodes[i].Distance = append(v.Nodes[i].Distance, real.Distance[t.realNode(v.Nodes[j].Physical).ID])
		}
	}
	v.noteVirtual(len(usable))
	return v, nil
}

// realNode finds the node of a Linux node, nil if the runtime does not use it.
func (t *Topology) realNode(physical int) *Node {
	for i := range t.Nodes {
		if t.Nodes[i].Physical == physical {
			return &t.Nodes[i]
		}
	}
	return nil
}

// homeOf gives a CPU of the real node that most of the group are on, the
// lowest of equals.
func homeOf(group []CPU) CPU {
	count := map[int]int{}
	for _, c := range group {
		count[c.Node]++
	}
	return slices.MaxFunc(group, func(a, b CPU) int {
		return cmp.Or(cmp.Compare(count[a.Node], count[b.Node]), cmp.Compare(b.Node, a.Node))
	})
}

// byLocality sorts CPUs so that neighbours share as much as possible: node,
// then L3, then core.
func byLocality(cpus []CPU) []CPU {
	return slices.SortedFunc(slices.Values(cpus), func(a, b CPU) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.L3, b.L3), cmp.Compare(a.Core, b.Core), cmp.Compare(a.ID, b.ID))
	})
}

// shareCPUs deals more cores than there are CPUs: the cores in order, the CPUs
// by locality, so that each CPU gets a run of cores of equal length within one.
func shareCPUs(cpus []CPU, s Spec) [][]CPU {
	cpus = byLocality(cpus)
	total := s.Nodes * s.Cores
	groups := make([][]CPU, s.Nodes)
	for i := range total {
		node := i / s.Cores
		groups[node] = append(groups[node], cpus[i*len(cpus)/total])
	}
	return groups
}

// noteVirtual says in words what is not as the virtual topology makes believe.
func (t *Topology) noteVirtual(usable int) {
	note := func(format string, args ...any) { t.Notes = append(t.Notes, fmt.Sprintf(format, args...)) }
	if t.Shared {
		cores := 0
		for _, n := range t.Nodes {
			cores += len(n.Cores)
		}
		each := fmt.Sprint(t.PerCPU())
		if cores%usable != 0 {
			each = fmt.Sprintf("%d to %d", cores/usable, t.PerCPU())
		}
		note("CPUs are shared: %d cores of %s on %s, %s cores per CPU; threads take turns, so timings say little", cores, t.Spec, plural(usable, "CPU"), each)
	}
	real, memory := map[int][]int{}, map[int]bool{}
	var order, spanning []int
	coreNodes := map[int][]int{}
	for _, n := range t.Nodes {
		if len(real[n.Physical]) == 0 {
			order = append(order, n.Physical)
		}
		real[n.Physical] = append(real[n.Physical], n.ID)
		memory[n.Memory] = true
		for _, id := range n.CPUs() {
			c, _ := t.CPU(id)
			if c.Node != n.Physical && !slices.Contains(spanning, n.ID) {
				spanning = append(spanning, n.ID)
			}
			if !slices.Contains(coreNodes[c.Core], n.ID) {
				coreNodes[c.Core] = append(coreNodes[c.Core], n.ID)
			}
		}
	}
	for _, physical := range order {
		if len(real[physical]) > 1 {
			note("%s are all on Linux node %d: nothing between them is remote", describeNodes(real[physical]), physical)
		}
	}
	if len(spanning) > 0 {
		note("%s on CPUs of several Linux nodes: memory of the one with most of them", describeMany("virtual node", spanning))
	}
	if !t.Shared {
		var mixed []int
		for _, nodes := range coreNodes {
			if len(nodes) > 1 {
				mixed = append(mixed, nodes...)
			}
		}
		if len(mixed) > 0 {
			note("%s share physical cores (SMT siblings): they slow each other down", describeNodes(mixed))
		}
	}
}
