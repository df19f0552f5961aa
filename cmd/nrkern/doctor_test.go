package main

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/nrkern/nrkern/numa"
)

// goodHost is a host with nothing to complain of.
func goodHost() facts {
	cpu := func(id, node int) numa.CPU {
		return numa.CPU{ID: id, Node: node, Core: id, Siblings: []int{id}, Online: true, Allowed: true}
	}
	return facts{
		os: "linux", arch: "amd64", release: numa.Release{Major: 6, Minor: 1, Text: "6.1.0"},
		topology: &numa.Topology{
			CPUs: []numa.CPU{cpu(0, 0), cpu(1, 1), cpu(2, 0), cpu(3, 1)},
			Nodes: []numa.Node{
				{ID: 0, Cores: []int{0}, MemTotal: 8 << 30, MemFree: 4 << 30},
				{ID: 1, Physical: 1, Memory: 1, Cores: []int{1}, MemTotal: 8 << 30, MemFree: 4 << 30},
			},
		},
		pools: []numa.Pool{{Node: 0, PageSize: numa.HugePageSize, Free: 64}, {Node: 1, PageSize: numa.HugePageSize, Free: 64}},
		clock: "tsc", source: "tsc", btf: true, tracefs: true, kprobes: true,
		memlock: syscall.Rlimit{Cur: ^uint64(0)}, caps: ^uint64(0),
		noise: numa.Noise{All: numa.CPUTime{CPU: -1, Idle: 100}},
	}
}

func TestDoctorJudges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*facts)
		line   string // that changes
		want   verdict
		says   string
	}{
		{"nothing", func(*facts) {}, "linux", fine, "Linux 6.1.0"},
		{"old", func(f *facts) { f.release = numa.Release{Major: 5, Minor: 10, Text: "5.10.0"} }, "linux", fail, "older than 5.14"},
		{"arm", func(f *facts) { f.arch = "arm64" }, "linux", fail, "linux/arm64"},
		{"one CPU", func(f *facts) { f.topology.CPUs = f.topology.CPUs[:1] }, "cpus", warn, "1 CPU usable of 1"},
		{"taskset", func(f *facts) { f.topology.CPUs[3].Allowed = false }, "affinity", warn, "CPUs 0-2 only"},
		{"quota", func(f *facts) { f.quota = 1.5 }, "quota", warn, "1.50 CPUs' worth"},
		{"one node", func(f *facts) { f.topology.Nodes = f.topology.Nodes[:1] }, "nodes", warn, "one NUMA node"},
		{"note", func(f *facts) { f.topology.Notes = []string{"node 7 lies"} }, "topology", warn, "node 7 lies"},
		{"no sysfs", func(f *facts) { f.topology, f.topoErr = nil, numa.ErrNoTopology }, "nodes", fail, "no usable topology"},
		{"full node", func(f *facts) { f.topology.Nodes[1].MemFree = 1 << 20 }, "memory", warn, "node 1: 1 MiB free"},
		{"no hugepages on one", func(f *facts) { f.pools[1].Free = 0 }, "hugepages", warn, "node 1: 0 of 2 MiB free"},
		{"no pools", func(f *facts) { f.poolsErr = numa.ErrNotSupported }, "hugepages", warn, "not supported"},
		{"seccomp", func(f *facts) { f.placement = numa.ErrPermission }, "placement", fail, "missing privilege"},
		{"no memfd", func(f *facts) { f.segment = syscall.ENOSYS }, "segment", fail, "not implemented"},
		{"machine", func(f *facts) { f.runDir.machine = true }, "run_dir", fine, "a machine lives there"},
		{"read-only", func(f *facts) { f.runDir.err = syscall.EROFS }, "run_dir", fail, "read-only"},
		{"no tsc", func(f *facts) { f.clock = "clock_monotonic" }, "clock", warn, "no invariant TSC"},
		{"hpet", func(f *facts) { f.source = "hpet" }, "clock", warn, "hpet"},
		{"steal", func(f *facts) { f.noise.All.Steal = 10 }, "noise", warn, "stolen for 9.1 %"},
		{"busy", func(f *facts) { f.noise.All.Busy = 100 }, "noise", warn, "busy for 50 %"},
		{"governor", func(f *facts) { f.tuning.Governors = map[string][]int{"powersave": {0}} }, "tuning", warn, "powersave"},
		{"no PMU", func(f *facts) { f.pmu = syscall.ENOENT }, "pmu", warn, "software counters can be read"},
		{"PMU forbidden", func(f *facts) { f.pmu = syscall.EACCES }, "pmu", warn, "no hardware counters"},
		{"no BTF", func(f *facts) { f.btf = false }, "bpf", warn, "btf"},
		{"no tracefs", func(f *facts) { f.tracefs = false }, "bpf", warn, "tracefs"},
		{"no kprobes", func(f *facts) { f.kprobes = false }, "bpf", warn, "kprobes are not"},
		{"memlock", func(f *facts) { f.memlock.Cur = 64 << 10 }, "memlock", warn, "64 KiB"},
		{"no capabilities", func(f *facts) { f.caps = 0 }, "privileges", warn, "CAP_BPF"},
		{"no proc", func(f *facts) { f.capsErr = errors.New("no proc") }, "privileges", warn, "no proc"},
	} {
		f := goodHost()
		c.change(&f)
		d := diagnose(f)
		if d.Verdict != c.want {
			t.Errorf("%s: verdict %s, want %s", c.name, d.Verdict, c.want)
		}
		found := false
		for _, l := range d.Findings {
			if l.Name != c.line {
				if l.Verdict != fine {
					t.Errorf("%s: the line %s says %s, %s", c.name, l.Name, l.Verdict, l.Reason)
				}
				continue
			}
			found = true
			if l.Verdict != c.want || !strings.Contains(l.Reason+l.Remedy, c.says) {
				t.Errorf("%s: %s, %q (remedy %q): want %s, with %q", c.name, l.Verdict, l.Reason, l.Remedy, c.want, c.says)
			}
			if l.Verdict != fine && l.Remedy == "" && l.Name != "tuning" {
				t.Errorf("%s: no remedy", c.name)
			}
		}
		if !found {
			t.Errorf("%s: no line %s", c.name, c.line)
		}
	}
}

func TestExamineThisHost(t *testing.T) {
	f := examine(context.Background(), t.TempDir())
	if f.topoErr != nil || f.placement != nil || f.segment != nil || f.runDir.err != nil || f.capsErr != nil {
		t.Errorf("this host runs tests, so it has these: %+v", f)
	}
}
