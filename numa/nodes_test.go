package numa

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// needNodes skips on a machine without two nodes with memory of their own. A
// guest has them: see package guest.
func needNodes(t *testing.T) []Node {
	t.Helper()
	needNUMA(t)
	top, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	nodes := slices.DeleteFunc(slices.Clone(top.Nodes), func(n Node) bool { return n.Memory != n.Physical })
	if len(nodes) < 2 {
		t.Skip("needs two NUMA nodes with memory")
	}
	return nodes
}

// A range goes where it is bound, and moves when it is bound elsewhere.
func TestNodesRange(t *testing.T) {
	const pages = 300
	nodes := needNodes(t)
	mem := mapped(t, pages*4096, readWrite, unix.MAP_SHARED)
	for _, n := range nodes {
		if err := BindRange(mem, BindTo(n.Memory)); err != nil {
			t.Fatal(err)
		}
		if err := Populate(mem); err != nil {
			t.Fatal(err)
		}
		where, err := PagesByNode(mem, 4096)
		if err != nil || where.Check(n.Memory) != nil {
			t.Errorf("bound to Linux node %d: %v, %v", n.Memory, where, err)
		}
	}
}

func TestNodesInterleave(t *testing.T) {
	nodes := needNodes(t)
	var ids []int
	for _, n := range nodes {
		ids = append(ids, n.Memory)
	}
	each := 50
	mem := mapped(t, each*len(ids)*4096, readWrite, unix.MAP_SHARED)
	if err := BindRange(mem, InterleaveOver(ids...)); err != nil {
		t.Fatal(err)
	}
	if err := Populate(mem); err != nil {
		t.Fatal(err)
	}
	where, err := PagesByNode(mem, 4096)
	if err != nil || where.Check(ids...) != nil {
		t.Fatalf("%v, %v", where, err)
	}
	for node, pages := range maps.All(where.ByNode) {
		if pages != each {
			t.Errorf("%d pages on node %d; want %d: %v", pages, node, each, where)
		}
	}
}

// The policy of a thread on one node may be another one's memory.
func TestNodesThread(t *testing.T) {
	nodes := needNodes(t)
	for i, n := range nodes {
		far := nodes[(i+1)%len(nodes)].Memory
		own := mapped(t, 64<<10, readWrite, unix.MAP_PRIVATE)
		bound := mapped(t, 64<<10, readWrite, unix.MAP_PRIVATE)
		onThread(func() {
			if err := Pin(n.Cores...); err != nil {
				t.Error(err)
			}
			if got := CurrentNode(); got != n.Physical {
				t.Errorf("pinned to Linux node %d, running on %d", n.Physical, got)
			}
			if err := Populate(own); err != nil {
				t.Error(err)
			}
			if err := SetPolicy(BindTo(far)); err != nil {
				t.Error(err)
			}
			if err := Populate(bound); err != nil {
				t.Error(err)
			}
		})
		if where, err := PagesByNode(own, 4096); err != nil || where.Check(n.Memory) != nil {
			t.Errorf("touched on Linux node %d: %v, %v", n.Memory, where, err)
		}
		if where, err := PagesByNode(bound, 4096); err != nil || where.Check(far) != nil {
			t.Errorf("bound to Linux node %d: %v, %v", far, where, err)
		}
	}
}

// reserveOn puts hugepages on a node for the test, or skips.
func reserveOn(t *testing.T, node, pages int) {
	t.Helper()
	release, err := Reserve(node, pages)
	if err != nil {
		if errors.Is(err, ErrPermission) || errors.Is(err, ErrShortage) || errors.Is(err, ErrNotSupported) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
}

// One shared mapping with a part on each node, as the segment has.
func TestNodesHugepageStripes(t *testing.T) {
	nodes := needNodes(t)
	const each = 2
	for _, n := range nodes {
		reserveOn(t, n.Memory, each)
	}
	mem := hugeMemfd(t, each*len(nodes)*HugePageSize, unix.MFD_HUGE_2MB, 0)
	for i, n := range nodes {
		part := mem[i*each*HugePageSize : (i+1)*each*HugePageSize]
		if err := BindRange(part, BindTo(n.Memory)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Populate(mem); err != nil {
		t.Fatal(err)
	}
	for i, n := range nodes {
		part := mem[i*each*HugePageSize : (i+1)*each*HugePageSize]
		if where, err := PagesByNode(part, HugePageSize); err != nil || where.Check(n.Memory) != nil {
			t.Errorf("part of Linux node %d: %v, %v", n.Memory, where, err)
		}
	}
}

// A mapping that the machine's pools have room for, but not the node's it is
// bound to, fails in Populate and not with SIGBUS.
func TestNodesHugepageShortage(t *testing.T) {
	nodes := needNodes(t)
	short, rich := nodes[0].Memory, nodes[1].Memory
	var free int
	pools, err := Pools()
	if err != nil {
		t.Skip(err)
	}
	for _, p := range pools {
		if p.Node == short && p.PageSize == HugePageSize {
			free = int(p.Free)
		}
	}
	if free > 256 {
		t.Skipf("Linux node %d has %d free hugepages, too many to use up", short, free)
	}
	reserveOn(t, rich, 2)
	mem := hugeMemfd(t, (free+2)*HugePageSize, unix.MFD_HUGE_2MB, 0)
	if err := BindRange(mem, BindTo(short)); err != nil {
		t.Fatal(err)
	}
	err = Populate(mem)
	want := "node 0 has 0 of "
	if !errors.Is(err, ErrShortage) || !errors.Is(err, unix.EFAULT) || !strings.Contains(err.Error(), want) {
		t.Errorf("%d pages more than node %d has: %v; want ErrShortage with %q", 2, short, err, want)
	}
}
