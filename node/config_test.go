package node_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// TestBadConfigurations: each is refused in words, and leaves nothing behind.
func TestBadConfigurations(t *testing.T) {
	for _, bad := range []struct {
		name   string
		change func(*node.Config)
		is     error
		says   string
	}{
		{"mode", func(c *node.Config) { c.Mode = "monolith" }, node.ErrUsage, `"monolith": want one of nr, multikernel, biglock`},
		{"topology", func(c *node.Config) { c.Topology = "2by1" }, node.ErrUsage, `"2by1"`},
		{"too many nodes", func(c *node.Config) { c.Topology = "65x1" }, node.ErrUsage, "65 nodes"},
		{"CPUs of a real topology", func(c *node.Config) { c.Topology, c.CPUs = "", 2 }, node.ErrUsage, "with a virtual topology"},
		{"-1 CPUs", func(c *node.Config) { c.CPUs = -1 }, node.ErrUsage, "-1 CPUs"},
		{"hugepages", func(c *node.Config) { c.Hugepages = "yes" }, node.ErrUsage, "require, prefer or off"},
		{"log of 1000", func(c *node.Config) { c.LogSlots = 1000 }, node.ErrUsage, "power of two"},
		{"65 logs", func(c *node.Config) { c.Logs = 65 }, node.ErrUsage, "65 logs: want 1 to 64"},
		{"log of 32", func(c *node.Config) { c.LogSlots = 32 }, node.ErrUsage, "power of two"},
		{"log of -64", func(c *node.Config) { c.LogSlots = -64 }, node.ErrUsage, "power of two"},
		{"rings of 8", func(c *node.Config) { c.RingSlots = 8 }, node.ErrUsage, "power of two"},
		{"lock", func(c *node.Config) { c.Lock = "spin" }, node.ErrUsage, "mutex, rwlock or mcs"},
		{"home", func(c *node.Config) { c.Home = 2 }, node.ErrUsage, "nodes 0 to 1"},
		{"waiting", func(c *node.Config) { c.Wait = "patiently" }, node.ErrUsage, "patiently"},
		{"long path", func(c *node.Config) { c.RunDir = filepath.Join(os.TempDir(), strings.Repeat("x", 120)) }, node.ErrUsage, "Unix sockets take 107"},
		{"a file", func(c *node.Config) { c.RunDir = os.Args[0] }, node.ErrUsage, "no directory"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			c := config(t, node.ModeNR, "2x1")
			bad.change(&c)
			m, err := node.Boot(limit(t), c, node.Hooks{})
			if err == nil {
				_ = m.Stop(context.Background())
				t.Fatal("it booted")
			}
			if !errors.Is(err, bad.is) || !strings.Contains(err.Error(), bad.says) {
				t.Errorf("%v; want %v that says %q", err, bad.is, bad.says)
			}
			if bad.name != "a file" {
				nothingLeft(t, c.RunDir, nil)
			}
		})
	}
}

// TestHugepages asks for more than there are.
func TestHugepages(t *testing.T) {
	pools, err := numa.Pools()
	if err != nil {
		t.Skip(err)
	}
	for _, p := range pools {
		if p.PageSize == numa.HugePageSize && p.Free > 0 {
			t.Skipf("node %d has %d hugepages free", p.Node, p.Free)
		}
	}
	c := config(t, node.ModeNR, "2x1")
	c.Hugepages = transport.HugepagesRequire
	_, err = node.Boot(limit(t), c, node.Hooks{})
	var shortage *transport.HugepagesError
	if !errors.As(err, &shortage) || !strings.Contains(err.Error(), "nr_hugepages") {
		t.Errorf("--hugepages=require without any: %v", err)
	}
	nothingLeft(t, c.RunDir, nil)

	c.Hugepages = transport.HugepagesPrefer
	m := boot(t, c)
	if w := strings.Join(m.Warnings(), "\n"); strings.Count(w, "ordinary pages") != 1 {
		t.Errorf("--hugepages=prefer without any: warnings %q, want one about it", w)
	}
}

// TestOnHugepages boots on hugepages where they can be reserved.
func TestOnHugepages(t *testing.T) {
	c := config(t, node.ModeMultikernel, "2x1")
	c.Hugepages = transport.HugepagesRequire
	topology, err := numa.Discover()
	if err != nil {
		t.Fatal(err)
	}
	release, err := numa.Reserve(topology.Nodes[0].Memory, 8)
	if err != nil {
		t.Skipf("no hugepages can be reserved: %v", err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
	m := boot(t, c)
	s, err := m.Status(limit(t), node.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Segment.PageSize != numa.HugePageSize {
		t.Errorf("pages of %d bytes", s.Segment.PageSize)
	}
	checkPlaced(t, s)
	if r := bench(t, m, shortBench(1, 8)); !r.Hugepages {
		t.Error("the result does not say that the segment is on hugepages")
	}
}

// TestPlacement: what Linux says of a machine's memory and threads.
func TestPlacement(t *testing.T) {
	for _, mode := range node.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			m := boot(t, config(t, mode, "2x1"))
			s, err := m.Status(limit(t), node.StatusRequest{})
			if err != nil {
				t.Fatal(err)
			}
			checkPlaced(t, s)
			if want := 2; mode != node.ModeBigLock && len(s.Kernels) != want || mode == node.ModeBigLock && len(s.Kernels) != 1 {
				t.Errorf("%d kernels", len(s.Kernels))
			}
		})
	}
}

func checkPlaced(t *testing.T, s *node.Status) {
	t.Helper()
	for _, p := range s.Segment.Parts {
		if !p.Right || len(p.Pages) == 0 {
			t.Errorf("part %s: pages %v, wanted on %v", p.Name, p.Pages, p.Wanted)
		}
	}
	for _, k := range s.Kernels {
		if !k.Right || k.MemoryNode < 0 || len(k.HeapPages) != 1 || k.HeapPages[k.MemoryNode] < 100 {
			t.Errorf("kernel %d: CPUs %v, memory %v, heap pages %v, right %v", k.Node, k.CPUs, k.Memory, k.HeapPages, k.Right)
		}
	}
}

// TestEvents: what happened to a machine, in order, also for a late listener.
func TestEvents(t *testing.T) {
	m := boot(t, config(t, node.ModeNR, "2x1"))
	c := dial(t, m.RunDir())
	kinds := make(chan node.EventKind, 100)
	ended := make(chan error, 1)
	last := uint64(0)
	go func() {
		ended <- c.Events(limit(t), func(e node.Event) error {
			if e.Sequence != last+1 {
				t.Errorf("event %d after %d", e.Sequence, last)
			}
			last = e.Sequence
			kinds <- e.Kind
			return nil
		})
		close(kinds)
	}()
	judge(t, c, node.DefaultRecordRequest())
	if err := m.Stop(limit(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("events: %v", err)
	}
	var got []node.EventKind
	for k := range kinds {
		if k != node.EventWarning {
			got = append(got, k)
		}
	}
	want := []node.EventKind{
		node.EventBooting, node.EventKernelReady, node.EventKernelReady, node.EventRunning,
		node.EventJobBegin, node.EventJobEnd, node.EventStopping, node.EventStopped,
	}
	if len(got) != len(want) {
		t.Fatalf("events %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d is %s, want %s", i, got[i], want[i])
		}
	}
}
