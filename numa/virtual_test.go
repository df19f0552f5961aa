package numa

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

func overlay(t *testing.T, top *Topology, spec string) *Topology {
	t.Helper()
	s, err := ParseSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	v, err := top.Overlay(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := consistent(v); err != nil {
		t.Fatalf("inconsistent: %v", err)
	}
	return v
}

// coresOf gives every virtual node as "LINUXNODE[core core ...]".
func coresOf(top *Topology) string {
	var parts []string
	for _, n := range top.Nodes {
		parts = append(parts, fmt.Sprintf("%d%v", n.Physical, n.Cores))
	}
	return strings.Join(parts, " ")
}

// TestOverlayOn: of many CPUs only the first take part.
func TestOverlayOn(t *testing.T) {
	top := readMachine(t, machine(t, "intel-2-socket"), Limits{})
	for most, want := range map[int]string{1: "0[0] 0[0] 0[0] 0[0]", 2: "0[0] 0[0] 0[16] 0[16]", 4: "0[0] 0[2] 0[16] 0[18]"} {
		v, err := top.OverlayOn(Spec{4, 1}, most)
		if err != nil {
			t.Fatal(err)
		}
		if got := coresOf(v); got != want || v.Shared != (most < 4) {
			t.Errorf("on %d CPUs: %s, shared: %v; want %s", most, got, v.Shared, want)
		}
	}
}

func TestOverlay(t *testing.T) {
	for _, test := range []struct {
		machine, spec string
		lim           Limits
		want          string // coresOf
		note          string // part of a note; "" for none that starts with "CPUs are shared"
	}{
		{machine: "laptop", spec: "2x1", want: "0[0] 0[1]"},
		{machine: "laptop", spec: "2x2", want: "0[0 1] 0[2 3]"},
		// Whole cores: siblings before another node's core.
		{machine: "laptop", spec: "2x4", want: "0[0 1 4 5] 0[2 3 6 7]"},
		{machine: "laptop", spec: "2x3", want: "0[0 1 4] 0[2 3 6]"},
		{machine: "laptop", spec: "1x8", want: "0[0 1 2 3 4 5 6 7]"},
		{machine: "laptop", spec: "8x1", want: "0[0] 0[1] 0[2] 0[3] 0[4] 0[5] 0[6] 0[7]", note: "nodes 0-7 share physical cores"},
		{
			machine: "laptop", spec: "2x8", want: "0[0 1 0 1 4 5 4 5] 0[2 3 2 3 6 7 6 7]",
			note: "CPUs are shared: 16 cores of 2x8 on 8 CPUs, 2 cores per CPU",
		},
		{
			machine: "laptop", spec: "3x1", lim: Limits{CPUs: []int{0, 4}}, want: "0[0] 0[0] 0[4]",
			note: "CPUs are shared: 3 cores of 3x1 on 2 CPUs, 1 to 2 cores per CPU",
		},
		{machine: "laptop", spec: "2x1", lim: Limits{CPUs: []int{3}}, want: "0[3] 0[3]", note: "2 cores of 2x1 on 1 CPU, 2 cores per CPU"},
		// Virtual nodes spread over real ones.
		{machine: "intel-2-socket", spec: "2x1", want: "0[0] 1[1]"},
		{machine: "intel-2-socket", spec: "4x2", want: "0[0 2] 0[4 6] 1[1 3] 1[5 7]"},
		{machine: "intel-4-socket", spec: "2x2", want: "0[0 1] 1[24 25]"},
		// An L3 for each.
		{machine: "amd-nps4", spec: "8x2", want: "0[0 1] 1[16 17] 2[32 33] 3[48 49] 4[64 65] 5[80 81] 6[96 97] 7[112 113]"},
		{
			machine: "amd-nps4", spec: "2x4", lim: Limits{CPUs: []int{2, 3, 4, 5, 6, 7, 8, 9}}, want: "0[2 3 8 9] 0[4 5 6 7]",
		},
		{
			machine: "memoryless", spec: "2x5", want: "0[0 1 2 3 8] 1[4 5 6 7 9]",
			note: "virtual nodes 0-1 on CPUs of several Linux nodes",
		},
	} {
		t.Run(test.machine+" "+test.spec, func(t *testing.T) {
			v := overlay(t, readMachine(t, machine(t, test.machine), test.lim), test.spec)
			if got := coresOf(v); got != test.want {
				t.Errorf("nodes are\n%s; want\n%s", got, test.want)
			}
			notes := strings.Join(v.Notes, "\n")
			if !strings.Contains(notes, test.note) {
				t.Errorf("no note with %q in\n%s", test.note, notes)
			}
			if v.Shared != strings.Contains(notes, "CPUs are shared") {
				t.Errorf("Shared is %v, and notes are\n%s", v.Shared, notes)
			}
			if !v.Virtual || v.Spec != test.spec {
				t.Errorf("Virtual is %v, Spec %q", v.Virtual, v.Spec)
			}
		})
	}
}

func TestOverlayDescribe(t *testing.T) {
	for _, test := range []struct{ machine, spec string }{
		{"laptop", "2x1"},
		{"intel-4-socket", "8x12"},
		{"amd-nps4", "4x64"},
		{"memoryless", "3x8"},
	} {
		v := overlay(t, readMachine(t, machine(t, test.machine), Limits{}), test.spec)
		golden(t, test.machine+"-"+test.spec+".txt", describe(t, v))
	}
}

// Virtual nodes keep the distances of the real ones they are on.
func TestOverlayDistances(t *testing.T) {
	v := overlay(t, readMachine(t, machine(t, "amd-nps4"), Limits{}), "16x2")
	for _, test := range []struct{ from, to, want int }{{0, 1, 10}, {0, 2, 12}, {0, 15, 32}, {8, 7, 32}, {15, 15, 10}} {
		if got := v.Nodes[test.from].Distance[test.to]; got != test.want {
			t.Errorf("distance %d to %d is %d; want %d", test.from, test.to, got, test.want)
		}
	}
}

// A virtual node's cores are on one L3 where every L3 has room for whole nodes.
func TestOverlayKeepsToOneCache(t *testing.T) {
	top := readMachine(t, machine(t, "amd-nps4"), Limits{})
	for _, spec := range []string{"32x4", "32x8", "16x4", "64x2", "64x4"} {
		v := overlay(t, top, spec)
		for _, n := range v.Nodes {
			caches := map[int]bool{}
			for _, id := range n.Cores {
				c, _ := v.CPU(id)
				caches[c.L3] = true
			}
			if len(caches) != 1 {
				t.Errorf("%s: node %d is on %d L3 caches: %v", spec, n.ID, len(caches), n.Cores)
			}
		}
	}
}

func TestOverlayRefuses(t *testing.T) {
	top := readMachine(t, machine(t, "laptop"), Limits{})
	for _, s := range []Spec{{}, {0, 1}, {1, 0}, {-1, 2}, {65, 1}, {1, 257}} {
		if _, err := top.Overlay(s); !errors.Is(err, ErrSpec) {
			t.Errorf("Overlay(%d, %d): %v; want ErrSpec", s.Nodes, s.Cores, err)
		}
	}
	v := overlay(t, top, "2x1")
	if _, err := v.Overlay(Spec{2, 1}); !errors.Is(err, ErrSpec) {
		t.Errorf("Overlay of a virtual topology: %v; want ErrSpec", err)
	}
	if _, err := new(Topology).Overlay(Spec{2, 1}); !errors.Is(err, ErrNoTopology) {
		t.Errorf("Overlay of nothing: %v; want ErrNoTopology", err)
	}
}

// Whatever the machine, the limits and the spec: every core is a usable CPU,
// sharing is even to within one, and Shared says whether there is any.
func TestOverlayProperties(t *testing.T) {
	var tops []*Topology
	var systems []fstest.MapFS
	for _, name := range machines(t) {
		systems = append(systems, machine(t, name))
		tops = append(tops, readMachine(t, systems[len(systems)-1], Limits{}))
	}
	rapid.Check(t, func(rt *rapid.T) {
		which := rapid.IntRange(0, len(tops)-1).Draw(rt, "machine")
		online := tops[which].Usable()
		cpus := distinct(rapid.SliceOfN(rapid.SampledFrom(online), 1, min(40, len(online))).Draw(rt, "cpus"))
		if rapid.Bool().Draw(rt, "all") {
			cpus = online
		}
		top, err := Read(systems[which], Limits{CPUs: cpus})
		if err != nil {
			rt.Fatal(err)
		}
		s := Spec{rapid.IntRange(1, MaxNodes).Draw(rt, "nodes"), rapid.IntRange(1, 40).Draw(rt, "cores")}
		v, err := top.Overlay(s)
		if err != nil {
			rt.Fatal(err)
		}
		if err := consistent(v); err != nil {
			rt.Fatal(err)
		}
		if len(v.Nodes) != s.Nodes {
			rt.Fatalf("%d nodes; want %d", len(v.Nodes), s.Nodes)
		}
		serves := map[int]int{}
		for _, n := range v.Nodes {
			if len(n.Cores) != s.Cores {
				rt.Fatalf("node %d has %d cores; want %d", n.ID, len(n.Cores), s.Cores)
			}
			for _, id := range n.Cores {
				serves[id]++
			}
		}
		least, most := s.Nodes*s.Cores, 0
		for _, id := range cpus {
			least, most = min(least, serves[id]), max(most, serves[id])
		}
		if most-least > 1 {
			rt.Fatalf("CPUs serve %d to %d cores", least, most)
		}
		if want := s.Nodes*s.Cores > len(cpus); v.Shared != want || v.PerCPU() != most {
			rt.Fatalf("Shared is %v; want %v. PerCPU is %d; want %d", v.Shared, want, v.PerCPU(), most)
		}
	})
}

func TestParseSpec(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Spec
	}{{"1x1", Spec{1, 1}}, {"4x2", Spec{4, 2}}, {"64x256", Spec{64, 256}}} {
		got, err := ParseSpec(test.in)
		if err != nil || got != test.want || got.String() != test.in {
			t.Errorf("ParseSpec(%q) = %v, %v", test.in, got, err)
		}
	}
	for _, in := range []string{"", "4", "x", "4x", "x2", "0x1", "1x0", "65x1", "1x257", "4x2x2", "-1x2", "4X2", " 4x2", "4x2 ", "٤x٢", "99999999999999999999x1"} {
		if got, err := ParseSpec(in); !errors.Is(err, ErrSpec) || !strings.Contains(err.Error(), "want") {
			t.Errorf("ParseSpec(%q) = %v, %v; want ErrSpec with what is wanted", in, got, err)
		}
	}
	var s Spec
	if err := s.UnmarshalText(nil); err != nil || !s.IsZero() || s.String() != "" {
		t.Errorf("the empty spec: %v, %v", s, err)
	}
	if !slices.Equal([]byte("4x2"), func() []byte { b, _ := Spec{4, 2}.MarshalText(); return b }()) {
		t.Error("MarshalText differs from String")
	}
}
