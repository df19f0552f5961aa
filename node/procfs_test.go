package node

import (
	"errors"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

func TestParseNumaMaps(t *testing.T) {
	const text = `00400000 bind:1 file=/usr/bin/nrkern mapped=512 N0=512 kernelpagesize_kB=4
00a00000 bind:1 file=/usr/bin/nrkern anon=7 dirty=7 mapped=9 N0=2 N1=7 kernelpagesize_kB=4
c000000000 bind:1 anon=293 dirty=293 active=0 N0=3 N1=290 kernelpagesize_kB=4
c000400000 bind:1 anon=2 dirty=2 N1=2 kernelpagesize_kB=2048
7f0000000000 bind:1 heap anon=1 dirty=1 N2=1 kernelpagesize_kB=4
7f0000400000 interleave:0-1 file=/memfd:nrkern\040(deleted) dirty=512 N0=512 kernelpagesize_kB=4
7f0000800000 bind:1
7ffc00000000 bind:1 stack anon=x dirty=4 N1=x Nx=4 kernelpagesize_kB=4
`
	got, err := parseNumaMaps(strings.NewReader(text))
	want := map[int]int{0: 3, 1: 290 + 2*512, 2: 1}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
	if rightPages(got, numa.BindTo(1)) || !rightPages(got, numa.InterleaveOver(0, 1, 2)) {
		t.Error("pages are judged wrongly")
	}
}

func TestAvailableMemory(t *testing.T) {
	const text = `Node 1 MemTotal:       16384 kB
Node 1 MemFree:         1000 kB
Node 1 Active(file):      20 kB
Node 1 Inactive(file):     3 kB
Node 1 SReclaimable:       1 kB
Node 1 Active(anon):    9999 kB
`
	if got, ok := parseAvailable(text); !ok || got != 1024<<10 {
		t.Errorf("%d bytes, %v; want 1 MiB", got, ok)
	}
	for _, damaged := range []string{"", "Node 1 MemTotal: 1 kB\n", "Node 1 MemFree: lots kB\n", "\x00\n"} {
		if _, ok := parseAvailable(damaged); ok {
			t.Errorf("%q was taken for an answer", damaged)
		}
	}
	topology, err := numa.Discover()
	if err != nil {
		t.Fatal(err)
	}
	node := topology.Nodes[0].Memory
	if _, ok := availableOn(node); !ok {
		t.Skip("sysfs does not tell the memory of nodes")
	}
	if err := checkMemory(map[int]uint64{node: 1 << 20}, "it wants", "ask for less"); err != nil {
		t.Error(err)
	}
	if err := checkMemory(map[int]uint64{node: 1 << 60}, "it wants", "ask for less"); !errors.Is(err, numa.ErrShortage) || !strings.Contains(err.Error(), "it wants 1099511627776 MiB") {
		t.Errorf("2^60 bytes: %v, want ErrShortage with the remedy", err)
	}
}

// TestPrefillNeed: a copy on each node, a part on each, or one copy spread.
func TestPrefillNeed(t *testing.T) {
	s := workload.Default()
	s.Keys, s.ValueBytes = 1<<20, 1004
	onNode := func(n int) place { return place{Memory: numa.BindTo(n)} }
	for _, c := range []struct {
		mode Mode
		at   []place
		want map[int]uint64
	}{
		{ModeNR, []place{onNode(0), onNode(1)}, map[int]uint64{0: 1 << 30, 1: 1 << 30}},
		{ModeNR, []place{onNode(0), onNode(0)}, map[int]uint64{0: 2 << 30}}, // virtual nodes
		{ModeMultikernel, []place{onNode(0), onNode(1)}, map[int]uint64{0: 1 << 29, 1: 1 << 29}},
		{ModeBigLock, []place{onNode(1)}, map[int]uint64{1: 1 << 30}},
		{ModeBigLock, []place{{Memory: numa.InterleaveOver(0, 1)}}, map[int]uint64{0: 1 << 29, 1: 1 << 29}},
	} {
		if got := prefillNeed(c.mode, c.at, s); !maps.Equal(got, c.want) {
			t.Errorf("%s at %v: %v, want %v", c.mode, c.at, got, c.want)
		}
	}
}

func TestBornAt(t *testing.T) {
	own, err := bornAt(os.Getpid())
	if err != nil || own == 0 {
		t.Errorf("this process was born at %d (%v)", own, err)
	}
	parent, err := bornAt(os.Getppid())
	if err != nil || parent > own {
		t.Errorf("its parent at %d, it at %d (%v)", parent, own, err)
	}
	if _, err := bornAt(1 << 30); err == nil {
		t.Error("a process that cannot be has a birth")
	}
}

// TestFailuresKeepTheirSentinels: errors.Is works across the sockets.
func TestFailuresKeepTheirSentinels(t *testing.T) {
	for _, s := range sentinels {
		wrapped := errors.Join(errors.New("first"), s.sentinel)
		f := failureOf(wrapped)
		if f.Code != s.code || !errors.Is(f, s.sentinel) || f.Text != wrapped.Error() || f.httpStatus() != s.http {
			t.Errorf("%v became %+v", s.sentinel, f)
		}
		for _, other := range sentinels {
			if other.code != s.code && errors.Is(f, other.sentinel) {
				t.Errorf("%s is also %s", s.code, other.code)
			}
		}
	}
	if f := failureOf(errors.New("odd")); f.Code != "internal" || errors.Is(f, ErrUsage) || f.httpStatus() != 500 {
		t.Errorf("an error without a sentinel became %+v", f)
	}
	if failureOf(nil).err() != nil {
		t.Error("no error became one")
	}
}
