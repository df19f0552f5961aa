package numa

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestParseRelease(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Release
		old  bool
	}{
		{"6.18.44-fc-v657", Release{6, 18, 44, "6.18.44-fc-v657"}, false},
		{"5.14.0", Release{5, 14, 0, "5.14.0"}, false},
		{"5.14", Release{5, 14, 0, "5.14"}, false},
		{"5.13.19-2-pve", Release{5, 13, 19, "5.13.19-2-pve"}, true},
		{"4.18.0-553.el8_10.x86_64", Release{4, 18, 0, "4.18.0-553.el8_10.x86_64"}, true},
		{"6.1-rc3", Release{6, 1, 0, "6.1-rc3"}, false},
		{"6.1.", Release{6, 1, 0, "6.1."}, false},
		{"10.0.1", Release{10, 0, 1, "10.0.1"}, false},
		{"2.6.32", Release{2, 6, 32, "2.6.32"}, true},
	} {
		got, err := ParseRelease(test.in)
		if err != nil || got != test.want {
			t.Errorf("ParseRelease(%q) = %+v, %v", test.in, got, err)
			continue
		}
		switch err := got.Check(); {
		case test.old && (!errors.Is(err, ErrNotSupported) || !strings.Contains(err.Error(), "needs 5.14 or later, for madvise(MADV_POPULATE_WRITE)")):
			t.Errorf("%s: %v; want ErrNotSupported with the reason", got, err)
		case !test.old && err != nil:
			t.Errorf("%s: %v", got, err)
		}
	}
	for _, in := range []string{"", "6", "6-1", "x.y", "6.x", ".1", "-1.2", "99999999999999999999.1"} {
		if got, err := ParseRelease(in); !errors.Is(err, ErrNotSupported) {
			t.Errorf("ParseRelease(%q) = %+v, %v; want ErrNotSupported", in, got, err)
		}
	}
	if r, err := Kernel(); err != nil || r.Major < 3 {
		t.Errorf("this kernel: %+v, %v", r, err)
	}
}

const stat = `cpu  100 10 50 800 20 3 7 10 40 0
cpu0 60 5 25 400 10 2 3 10 20 0
cpu2 40 5 25 400 10 1 4 0 20 0
intr 1 2 3
ctxt 77
`

func TestReadNoise(t *testing.T) {
	before, err := ReadNoise(fstest.MapFS{"stat": file(stat), "loadavg": file("1.71 1.11 0.66 9/108 17214\n")})
	if err != nil {
		t.Fatal(err)
	}
	want := Noise{
		Load1: 1.71, Load5: 1.11, Load15: 0.66, Runnable: 9,
		All: CPUTime{CPU: -1, Busy: 170, Idle: 820, Steal: 10},
		CPUs: []CPUTime{
			{CPU: 0, Busy: 95, Idle: 410, Steal: 10},
			{CPU: 2, Busy: 75, Idle: 410, Steal: 0},
		},
	}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Error(diff)
	}
	if got := before.All.StealRatio(); got != 0.01 {
		t.Errorf("steal is %v of all time; want 0.01", got)
	}
	after, err := ReadNoise(fstest.MapFS{
		"stat": file(`cpu  130 10 50 850 10 3 7 30 40 0
cpu0 80 5 25 400 9 2 3 30 20 0
cpu3 1 1 1 1 1 1 1 1 1 1
`), "loadavg": file("2.0 1.0 0.5 1/2 3\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	// Waiting time ran backwards, CPU 2 went offline and CPU 3 came online.
	want = Noise{
		Load1: 2, Load5: 1, Load15: 0.5, Runnable: 1,
		All:  CPUTime{CPU: -1, Busy: 30, Idle: 40, Steal: 20},
		CPUs: []CPUTime{{CPU: 0, Busy: 20, Idle: 0, Steal: 20}},
	}
	if diff := cmp.Diff(want, after.Since(before)); diff != "" {
		t.Error(diff)
	}
	if got := (CPUTime{}).BusyRatio(); got != 0 {
		t.Errorf("no time at all is %v busy; want 0", got)
	}
}

func TestReadNoiseRefuses(t *testing.T) {
	for name, proc := range map[string]fstest.MapFS{
		"nothing":        {},
		"no load":        {"stat": file(stat)},
		"no sum of CPUs": {"stat": file("cpu0 1 2 3 4 5 6 7 8\n"), "loadavg": file("1 1 1 1/2 3")},
		"nonsense":       {"stat": file("cpu a b c d e f g h\n"), "loadavg": file("1 1 1 1/2 3")},
		"damaged load":   {"stat": file(stat), "loadavg": file("high")},
	} {
		if n, err := ReadNoise(proc); !errors.Is(err, ErrNotSupported) {
			t.Errorf("%s: %+v, %v; want ErrNotSupported", name, n, err)
		}
	}
	if n, err := HostNoise(); err != nil || n.All.Total() == 0 || len(n.CPUs) == 0 {
		t.Errorf("this machine: %+v, %v", n, err)
	}
}

func TestReadTuning(t *testing.T) {
	sys := machine(t, "laptop",
		"cpu/smt/control = on", "cpu/smt/active = 1", "cpu/isolated = 2-3",
		"cpu/cpu{0-3}/cpufreq/scaling_governor = powersave", "cpu/cpu{4-7}/cpufreq/scaling_governor = performance",
		"cpu/intel_pstate/no_turbo = 0")
	sys["kernel/mm/transparent_hugepage/enabled"] = file("always [madvise] never\n")
	sys["kernel/mm/transparent_hugepage/shmem_enabled"] = file("always within_size advise [never] deny force\n")
	got := ReadTuning(sys, fstest.MapFS{"sys/kernel/numa_balancing": file("1\n")})
	want := Tuning{
		SMT: "on", SMTActive: true, Boost: "on", Isolated: []int{2, 3}, Balancing: "on",
		Governors: map[string][]int{"powersave": {0, 1, 2, 3}, "performance": {4, 5, 6, 7}},
		HugePages: "madvise", SharedHugePages: "never",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	advice := strings.Join(got.Advice(), "\n")
	for _, want := range []string{`CPUs 0-3 under the frequency governor "powersave"`, "boost", "SMT is on", "kernel.numa_balancing=0"} {
		if !strings.Contains(advice, want) {
			t.Errorf("no advice with %q in\n%s", want, advice)
		}
	}
	sys = machine(t, "laptop", "cpu/cpufreq/boost = 0", "cpu/isolated = ")
	got = ReadTuning(sys, fstest.MapFS{})
	if diff := cmp.Diff(Tuning{Boost: "off", Governors: map[string][]int{}}, got); diff != "" {
		t.Errorf("a machine that shows little:\n%s", diff)
	}
	if advice := got.Advice(); len(advice) != 0 {
		t.Errorf("advice about nothing: %q", advice)
	}
	HostTuning() // whatever there is, without a panic
}

func TestReadQuota(t *testing.T) {
	groups := fstest.MapFS{
		"cpu.max":         file("max 100000\n"),
		"a/cpu.max":       file("150000 100000\n"),
		"a/b/cpu.max":     file("max 100000\n"),
		"a/odd/cpu.max":   file("soon\n"),
		"free/cpu.max":    file("max 100000\n"),
		"a/tight/cpu.max": file("50000 100000\n"),
	}
	for _, test := range []struct {
		cgroup string
		want   float64 // 0 for no limit
	}{
		{"0::/a/b\n", 1.5},
		{"0::/a/odd\n", 1.5},
		{"0::/a/tight\n", 0.5},
		{"0::/a/gone\n", 1.5},
		{"0::/free\n", 0},
		{"0::/\n", 0},
		{"0::/../..\n", 0},
		{"12:cpu,cpuacct:/a\n", 0},
		{"", 0},
	} {
		got, ok := readQuota(fstest.MapFS{"cgroup": file(test.cgroup)}, groups)
		if ok != (test.want > 0) || ok && math.Abs(got-test.want) > 1e-9 {
			t.Errorf("cgroup %q: %v, %v; want %v", test.cgroup, got, ok, test.want)
		}
	}
	if _, ok := readQuota(fstest.MapFS{}, groups); ok {
		t.Error("a quota without a cgroup file")
	}
	Quota()
}

func TestCallErrorText(t *testing.T) {
	err := (&CallError{Purpose: "bind 2 MiB to node 1", Call: "mbind", Errno: unix.EPERM}).explain()
	for _, want := range []string{"numa: bind 2 MiB to node 1: mbind: operation not permitted (EPERM); ", "CAP_SYS_NICE", "container"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if !errors.Is(err, ErrPermission) || !errors.Is(err, unix.EPERM) {
		t.Errorf("%v does not unwrap to ErrPermission and EPERM", err)
	}
	err = (&CallError{Purpose: "p", Call: "c", Errno: unix.ENOSYS}).explain()
	if !errors.Is(err, ErrNotSupported) || !strings.Contains(err.Error(), "CONFIG_NUMA") {
		t.Errorf("%v; want ErrNotSupported", err)
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 4096: "4 KiB", 1536 << 10: "1.5 MiB", 2 << 20: "2 MiB", 3 << 40: "3 TiB"} {
		if got := formatBytes(n); got != want {
			t.Errorf("formatBytes(%d) = %q; want %q", n, got, want)
		}
	}
}
