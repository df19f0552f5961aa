package multikernel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Tree is how the messages of an agreement travel from a coordinator to all
// other nodes, and their answers back (Barrelfish, SOSP'09, section 5.1 and
// figure 6; Smelt, OSDI'16). Every tree has one link a node, so an agreement
// takes as many messages over each; they differ in how many of them one node
// sends, and how many cross between packages.
type Tree string

// The trees.
const (
	// Unicast: the coordinator sends to every node itself, in the order of their
	// numbers.
	Unicast Tree = "unicast"
	// Multicast: it sends to the nodes of its own package and to one node, the
	// leader, of every other, which sends on to the nodes of its package.
	Multicast Tree = "multicast"
	// NUMAMulticast is Multicast with the nearest node of a package as its leader,
	// and everybody sends to the farthest first, so that the longest ways begin
	// earliest.
	NUMAMulticast Tree = "numa"
)

// Trees returns the trees in the order tables show them.
func Trees() []Tree { return []Tree{Unicast, Multicast, NUMAMulticast} }

// ParseTree checks the name of a tree.
func ParseTree(s string) (Tree, error) {
	var names []string
	for _, t := range Trees() {
		if s == string(t) {
			return t, nil
		}
		names = append(names, string(t))
	}
	return "", fmt.Errorf("tree %q: want %s or %s", s, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// Shape is what trees know of a machine.
type Shape struct {
	// Packages is the package of each node.
	Packages []int
	// Latency[a][b] is how long a message takes from a to b, in any unit. Nil
	// stands for the same everywhere.
	Latency [][]int
}

// Flat returns the shape of a machine of one package.
func Flat(nodes int) Shape { return Shape{Packages: make([]int, nodes)} }

// check returns an error if the shape is not one of so many nodes.
func (s Shape) check(nodes int) error {
	if len(s.Packages) != nodes || s.Latency != nil && len(s.Latency) != nodes {
		return fmt.Errorf("%w: the shape has %d packages and %d latencies for %d nodes", ErrMesh, len(s.Packages), len(s.Latency), nodes)
	}
	for a, row := range s.Latency {
		if len(row) != nodes {
			return fmt.Errorf("%w: the shape has %d latencies from node %d to %d nodes", ErrMesh, len(row), a, nodes)
		}
	}
	return nil
}

// Best returns the tree that suits the shape: with several nodes in each of
// several packages the NUMA-aware one, else there is nobody to send on.
func (s Shape) Best() Tree {
	count := map[int]int{}
	several := false
	for _, p := range s.Packages {
		count[p]++
		several = several || count[p] > 1
	}
	if several && len(count) > 1 {
		return NUMAMulticast
	}
	return Unicast
}

// Route is a tree from one node, its root.
type Route struct {
	// Parent is each node's, -1 for the root and for nodes that are not in the
	// tree.
	Parent []int
	// Children are each node's, in the order it sends to them.
	Children [][]int
}

// Route returns the tree of a kind from a root over the nodes that alive holds
// of (all, if it is nil). It is a function of its arguments alone, so all nodes
// come to the same.
func (s Shape) Route(kind Tree, root int, alive func(node int) bool) Route {
	nodes := len(s.Packages)
	r := Route{Parent: slices.Repeat([]int{-1}, nodes), Children: make([][]int, nodes)}
	link := func(parent, child int) {
		r.Parent[child] = parent
		r.Children[parent] = append(r.Children[parent], child)
	}
	leader := map[int]int{s.Packages[root]: root}
	for n := range nodes {
		if n == root || alive != nil && !alive(n) {
			continue
		}
		p := s.Packages[n]
		l, has := leader[p]
		switch {
		case kind == Unicast:
			link(root, n)
		case !has, kind == NUMAMulticast && l != root && s.latency(root, n) < s.latency(root, l):
			leader[p] = n
		}
	}
	if kind == Unicast {
		return r
	}
	for n := range nodes {
		if n == root || alive != nil && !alive(n) {
			continue
		}
		if l := leader[s.Packages[n]]; l == n {
			link(root, n)
		} else {
			link(l, n)
		}
	}
	if kind == NUMAMulticast {
		for parent, children := range r.Children {
			slices.SortStableFunc(children, func(a, b int) int {
				return s.latency(parent, b) - s.latency(parent, a)
			})
		}
	}
	return r
}

func (s Shape) latency(a, b int) int {
	if s.Latency == nil {
		return 0
	}
	return s.Latency[a][b]
}

// Describe shows whom a node sends to, in that order, and whom they send on to:
// "2 (3), 1" from node 0.
func (r Route) Describe(from int) string {
	var all []string
	for _, c := range r.Children[from] {
		text := strconv.Itoa(c)
		if on := r.Describe(c); on != "" {
			text += " (" + on + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
