package linematrix

import (
	"testing"

	"github.com/nrkern/nrkern/numa"
)

// TestRelation: two CPUs are related by node, then cache, then core.
func TestRelation(t *testing.T) {
	cpu := func(id, node, l3, core int) numa.CPU { return numa.CPU{ID: id, Node: node, L3: l3, Core: core} }
	topology := &numa.Topology{CPUs: []numa.CPU{cpu(0, 0, 0, 0), cpu(1, 0, 0, 0), cpu(2, 0, 0, 1), cpu(3, 0, 1, 2), cpu(4, 1, 2, 3), cpu(5, 0, -1, 4)}}
	for b, want := range map[int]string{1: sibling, 2: sameCache, 3: sameNode, 4: otherNode, 5: sameNode} {
		if got := relation(topology, 0, b); got != want {
			t.Errorf("CPUs 0 and %d: %s, want %s", b, got, want)
		}
	}
}
