package guest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nrkern/nrkern/guest/probe/report"
	"github.com/nrkern/nrkern/numa"
)

// nearestMemory returns the node that a node's memory comes from.
func nearestMemory(m Machine, node int) int {
	best := -1
	for i, n := range m.Nodes {
		if n.MemoryMiB > 0 && (best < 0 || m.Distance(node, i) < m.Distance(node, best)) {
			best = i
		}
	}
	return best
}

// kernels returns the nodes that run a kernel: those with CPUs, which have the
// lower numbers.
func kernels(m Machine) int {
	n := slices.IndexFunc(m.Nodes, func(n Node) bool { return n.CPUs == 0 })
	if n < 0 {
		return len(m.Nodes)
	}
	return n
}

func checkTopology(t *testing.T, m Machine, got numa.Topology) {
	t.Helper()
	if len(got.Nodes) != kernels(m) || got.Virtual {
		t.Fatalf("topology: %d nodes, virtual %v; want %d real ones", len(got.Nodes), got.Virtual, kernels(m))
	}
	for i, n := range got.Nodes {
		want := numa.Node{
			ID: i, Physical: i, Memory: nearestMemory(m, i), Package: i, Cores: m.CPUs(i),
			MemTotal: n.MemTotal, MemFree: n.MemFree,
		}
		for j := range got.Nodes {
			// Of two ways numa takes the longer, and says so.
			there, back := m.Distance(i, j), m.Distance(j, i)
			want.Distance = append(want.Distance, max(there, back))
			if there < back && !slices.ContainsFunc(got.Notes, func(note string) bool {
				return strings.Contains(note, fmt.Sprint(there)) && strings.Contains(note, fmt.Sprint(back))
			}) {
				t.Errorf("topology: no note of distances %d and %d in %q", there, back, got.Notes)
			}
		}
		if diff := cmp.Diff(want, n); diff != "" {
			t.Errorf("topology, node %d (-want +got):\n%s", i, diff)
		}
		if whole := uint64(m.Nodes[want.Memory].MemoryMiB) << 20; n.MemTotal > whole || n.MemTotal < whole/4*3 {
			t.Errorf("topology, node %d: %d bytes of memory; the machine has %d", i, n.MemTotal, whole)
		}
	}
}

func checkPins(t *testing.T, m Machine, got []report.Pin) {
	t.Helper()
	var want []report.Pin
	for node := range m.Nodes {
		for _, cpu := range m.CPUs(node) {
			want = append(want, report.Pin{Asked: cpu, CPU: cpu, Node: node, NumaCPU: cpu})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pinned threads (-want +got):\n%s", diff)
	}
}

func checkStripes(t *testing.T, m Machine, got []report.Stripe) {
	t.Helper()
	var want []report.Stripe
	for _, k := range []struct{ pageSize, pages, used int }{{numa.HugePageSize, 4, 4}, {4096, 1024, 0}} {
		for node, n := range m.Nodes {
			if n.MemoryMiB > 0 {
				pages := map[int]int{node: k.pages}
				want = append(want, report.Stripe{PageSize: k.pageSize, Asked: node, Nodes: pages, NumaNodes: pages, PoolUsed: k.used})
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stripes (-want +got):\n%s", diff)
	}
}

func checkInherited(t *testing.T, m Machine, got []report.Inherited) {
	t.Helper()
	if len(got) != kernels(m) {
		t.Fatalf("%d processes, want %d", len(got), kernels(m))
	}
	for i, p := range got {
		c := m.CPUs(i)
		cpus, memory := fmt.Sprintf("%d-%d", c[0], c[len(c)-1]), nearestMemory(m, i)
		if p.Asked != i || len(p.Heap) != 1 || p.Heap[memory] < 8000 {
			t.Errorf("process of node %d: heap pages by node %v; want all on node %d", i, p.Heap, memory)
		}
		if len(p.Threads) != 1 || p.Threads[cpus] < 2 {
			t.Errorf("process of node %d: threads by CPUs %v; want all on %s", i, p.Threads, cpus)
		}
	}
}

// checkPlaced looks at a process that holds 4 hugepages on each node and runs
// on the last node that has CPUs.
func checkPlaced(t *testing.T, m Machine, got []report.Process) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("%d processes, want one: %+v", len(got), got)
	}
	p, last := got[0], kernels(m)-1
	c, memory := m.CPUs(last), nearestMemory(m, last)
	if cpus := fmt.Sprintf("%d-%d", c[0], c[len(c)-1]); len(p.Threads) != 1 || p.Threads[cpus] < 2 {
		t.Errorf("threads by CPUs %v; want all on %s", p.Threads, cpus)
	}
	var runs []report.Run
	nodes := map[int]int{}
	for node, n := range m.Nodes {
		if n.MemoryMiB > 0 {
			runs = append(runs, report.Run{Node: node, Pages: 4})
			nodes[node] = 4
		}
	}
	want := []report.Mapping{{Name: "/memfd:held (deleted)", PageSize: numa.HugePageSize, Nodes: nodes, Runs: runs}}
	private := slices.IndexFunc(p.Mappings, func(m report.Mapping) bool { return m.Name == report.Anonymous })
	if private < 0 {
		t.Fatalf("no anonymous memory in %+v", p.Mappings)
	}
	if h := p.Mappings[private]; len(h.Nodes) != 1 || h.Nodes[memory] == 0 || h.PageSize != 4096 {
		t.Errorf("anonymous memory %+v; want ordinary pages on node %d only", h, memory)
	}
	if diff := cmp.Diff(want, slices.Delete(p.Mappings, private, private+1)); diff != "" {
		t.Errorf("shared memory (-want +got):\n%s", diff)
	}
}
