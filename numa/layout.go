package numa

import (
	"cmp"
	"maps"
	"slices"
)

// layout places virtual nodes when there are enough CPUs for every core to
// have one of its own.
type layout struct {
	t     *Topology
	s     Spec
	cores map[int][]CPU // free CPUs of every physical core, by ID
	size  map[int]int   // CPUs that the core had at first
}

// newLayout keeps as few SMT siblings of each core as suffice, so that cores
// are doubled up only when they run out.
func newLayout(t *Topology, usable []CPU, s Spec) *layout {
	l := &layout{t: t, s: s, cores: map[int][]CPU{}, size: map[int]int{}}
	for _, c := range byLocality(usable) {
		l.cores[c.Core] = append(l.cores[c.Core], c)
	}
	for threads := 1; ; threads++ {
		total := 0
		for _, cpus := range l.cores {
			total += min(threads, len(cpus))
		}
		if total < s.Nodes*s.Cores {
			continue
		}
		for core, cpus := range l.cores {
			l.cores[core] = cpus[:min(threads, len(cpus))]
			l.size[core] = len(l.cores[core])
		}
		return l
	}
}

// domain is a set of cores that a virtual node can be placed on.
type domain struct {
	node  int // real
	cores []int
	free  int // CPUs of its cores
	fresh int // CPUs of its cores that are untouched
}

// domains groups the cores that have free CPUs by the key, in ascending order.
func (l *layout) domains(key func(CPU) [2]int) []domain {
	groups := map[[2]int]*domain{}
	for _, core := range slices.Sorted(maps.Keys(l.cores)) {
		cpus := l.cores[core]
		if len(cpus) == 0 {
			continue
		}
		k := key(cpus[0])
		d := groups[k]
		if d == nil {
			d = &domain{node: cpus[0].Node}
			groups[k] = d
		}
		d.cores = append(d.cores, core)
		d.free += len(cpus)
		if l.fresh(core) {
			d.fresh += len(cpus)
		}
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	list := make([]domain, len(keys))
	for i, k := range keys {
		list[i] = *groups[k]
	}
	return list
}

// fresh says that no CPU of the core is taken.
func (l *layout) fresh(core int) bool { return len(l.cores[core]) == l.size[core] }

// place gives each virtual node its CPUs.
func (l *layout) place() [][]CPU {
	groups := make([][]CPU, l.s.Nodes)
	for i := range groups {
		groups[i] = l.take(l.choose())
	}
	return groups
}

// choose gives the cores for the next virtual node, in the order to take them
// from. Untouched cores go before a single cache, for a shared core slows both
// nodes down; a single cache goes before a single real node.
func (l *layout) choose() []int {
	caches := l.domains(func(c CPU) [2]int { return [2]int{c.Node, c.L3} })
	nodes := l.domains(func(c CPU) [2]int { return [2]int{c.Node, 0} })
	nodeFree := map[int]int{}
	for _, d := range nodes {
		nodeFree[d.node] = d.free
	}
	fresh := func(d domain) int { return d.fresh }
	free := func(d domain) int { return d.free }
	for _, try := range []struct {
		domains []domain
		room    func(domain) int
	}{{caches, fresh}, {nodes, fresh}, {caches, free}, {nodes, free}} {
		var fit []domain
		for _, d := range try.domains {
			if try.room(d) >= l.s.Cores {
				fit = append(fit, d)
			}
		}
		if len(fit) == 0 {
			continue
		}
		// The emptiest real node, and in it the emptiest domain: virtual nodes
		// spread. MinFunc keeps the first of equals.
		best := slices.MinFunc(fit, func(a, b domain) int {
			return cmp.Or(cmp.Compare(nodeFree[b.node], nodeFree[a.node]), cmp.Compare(b.free, a.free))
		})
		return best.cores
	}
	return l.span(nodes)
}

// span gives the cores of several real nodes: the emptiest first, then the
// ones nearest to it.
func (l *layout) span(nodes []domain) []int {
	first := slices.MinFunc(nodes, func(a, b domain) int { return cmp.Compare(b.free, a.free) })
	from := l.t.realNode(first.node)
	distance := func(d domain) int {
		if d.node == first.node {
			return 0 // before others at distance 10
		}
		return from.Distance[l.t.realNode(d.node).ID]
	}
	slices.SortStableFunc(nodes, func(a, b domain) int { return cmp.Compare(distance(a), distance(b)) })
	var cores []int
	for _, d := range nodes {
		cores = append(cores, d.cores...)
	}
	return cores
}

// take removes a virtual node's CPUs from the cores: untouched cores first,
// then what is left of the others.
func (l *layout) take(cores []int) []CPU {
	var fresh, touched []int
	for _, core := range cores {
		if l.fresh(core) {
			fresh = append(fresh, core)
		} else {
			touched = append(touched, core)
		}
	}
	var group []CPU
	for _, core := range slices.Concat(fresh, touched) {
		n := min(l.s.Cores-len(group), len(l.cores[core]))
		group = append(group, l.cores[core][:n]...)
		l.cores[core] = l.cores[core][n:]
	}
	return group
}
