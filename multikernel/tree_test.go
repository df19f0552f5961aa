package multikernel

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// shapeIn returns a shape of some nodes in packages, with latencies that grow
// with the distance of the packages.
func shapeIn(nodes, packages int) Shape {
	s := Shape{Packages: make([]int, nodes), Latency: make([][]int, nodes)}
	for n := range nodes {
		s.Packages[n] = n * packages / nodes
	}
	for a := range nodes {
		s.Latency[a] = make([]int, nodes)
		for b := range nodes {
			if a != b {
				s.Latency[a][b] = 100 + 100*max(s.Packages[a]-s.Packages[b], s.Packages[b]-s.Packages[a])
			}
		}
	}
	return s
}

// TestRoutes: for 2 to 16 nodes, in any number of packages, from any root, with
// any nodes gone: every live node has one way from the root, nobody else is in
// the tree, and but for unicast one link leads into each package.
func TestRoutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(2, 16).Draw(t, "nodes")
		s := shapeIn(nodes, rapid.IntRange(1, nodes).Draw(t, "packages"))
		kind := rapid.SampledFrom(Trees()).Draw(t, "tree")
		root := rapid.IntRange(0, nodes-1).Draw(t, "root")
		gone := rapid.SliceOfN(rapid.Bool(), nodes, nodes).Draw(t, "gone")
		alive := func(n int) bool { return n == root || !gone[n] }
		r := s.Route(kind, root, alive)
		into := map[int]int{} // by package
		for n := range nodes {
			if !alive(n) || n == root {
				if r.Parent[n] != -1 {
					t.Fatalf("%v: node %d has parent %d", r, n, r.Parent[n])
				}
				continue
			}
			p := r.Parent[n]
			if p < 0 || !slices.Contains(r.Children[p], n) {
				t.Fatalf("%v: node %d has parent %d, which does not know of it", r, n, p)
			}
			at, depth := n, 0
			for ; at != root && depth < 3; depth++ {
				at = r.Parent[at]
			}
			if at != root || depth > 2 || kind == Unicast && depth > 1 {
				t.Fatalf("%v: node %d is %d links from the root", r, n, depth)
			}
			if s.Packages[p] != s.Packages[n] {
				into[s.Packages[n]]++
			}
		}
		for p, links := range into {
			if kind != Unicast && links != 1 {
				t.Fatalf("%v: %d links lead into package %d", r, links, p)
			}
		}
		if kind != NUMAMulticast {
			return
		}
		for from, children := range r.Children {
			if !slices.IsSortedFunc(children, func(a, b int) int { return s.Latency[from][b] - s.Latency[from][a] }) {
				t.Fatalf("%v: node %d does not send to the farthest first", r, from)
			}
		}
	})
}

// TestRouteOfTwoSockets: four nodes in two packages, of which the nearer one
// leads the other package.
func TestRouteOfTwoSockets(t *testing.T) {
	s := Shape{Packages: []int{0, 0, 1, 1}, Latency: [][]int{
		{10, 12, 32, 28}, {12, 10, 28, 32}, {32, 28, 10, 12}, {28, 32, 12, 10},
	}}
	for _, c := range []struct {
		tree       Tree
		root       int
		text, next string
	}{
		{Unicast, 0, "1, 2, 3", ""},
		{Multicast, 0, "1, 2 (3)", "3"},
		{NUMAMulticast, 0, "3 (2), 1", ""},
		{NUMAMulticast, 1, "2 (3), 0", "3"},
		{Multicast, 2, "0 (1), 3", ""},
	} {
		r := s.Route(c.tree, c.root, nil)
		if got := r.Describe(c.root); got != c.text {
			t.Errorf("%s from %d: %s, want %s", c.tree, c.root, got, c.text)
		}
		if got := r.Describe(2); c.root != 2 && got != c.next {
			t.Errorf("%s from %d: 2 sends on to %q, want %q", c.tree, c.root, got, c.next)
		}
	}
}

func TestBestTree(t *testing.T) {
	for _, c := range []struct {
		packages []int
		want     Tree
	}{
		{[]int{0}, Unicast},
		{[]int{0, 1}, Unicast},
		{[]int{0, 0, 0, 0}, Unicast},
		{[]int{0, 0, 1, 1}, NUMAMulticast},
		{[]int{0, 1, 2, 2}, NUMAMulticast},
	} {
		if got := (Shape{Packages: c.packages}).Best(); got != c.want {
			t.Errorf("packages %v: %s, want %s", c.packages, got, c.want)
		}
	}
}
