package numa

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// onThread runs f on a thread of its own that dies afterwards, so that what f
// did to its affinity and memory policy touches no other test.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		f()
	}()
	<-done
}

func TestPin(t *testing.T) {
	allowed, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	onThread(func() {
		for _, cpu := range allowed {
			if err := Pin(cpu); err != nil {
				t.Errorf("Pin(%d): %v", cpu, err)
				continue
			}
			if got := CurrentCPU(); got != cpu {
				t.Errorf("pinned to CPU %d, running on %d", cpu, got)
			}
			if got, err := Affinity(); err != nil || !slices.Equal(got, []int{cpu}) {
				t.Errorf("Affinity after Pin(%d) = %v, %v", cpu, got, err)
			}
		}
		// From one CPU back to all: the process may use them.
		if err := Pin(allowed...); err != nil {
			t.Errorf("Pin(%v): %v", allowed, err)
		}
		if got, err := Affinity(); err != nil || !slices.Equal(got, allowed) {
			t.Errorf("Affinity after Pin(%v) = %v, %v", allowed, got, err)
		}
	})
}

func TestPinRefuses(t *testing.T) {
	allowed, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	onThread(func() {
		for _, test := range []struct {
			name string
			cpus []int
			want string
		}{
			{"none", nil, "no CPU given"},
			{"unknown", []int{8000}, "CPU 8000 unknown"},
			{"beyond any", []int{1 << 40}, "unknown"},
			{"negative", []int{-1}, "unknown"},
			{"one of two", []int{allowed[0], 8001}, "CPU 8001 unknown"},
		} {
			err := Pin(test.cpus...)
			if !errors.Is(err, ErrCPU) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v; want ErrCPU with %q", test.name, err, test.want)
			}
			if test.cpus != nil && !strings.Contains(err.Error(), "allowed are "+describeCPUs(allowed)) {
				t.Errorf("%s: %v does not say which CPUs are allowed", test.name, err)
			}
		}
		if got, err := Affinity(); err != nil || !slices.Equal(got, allowed) {
			t.Errorf("refused Pins left the affinity at %v, %v; want %v", got, err, allowed)
		}
	})
}

// limitedEnv holds the only CPU that a child of TestLimitedProcess has.
const limitedEnv = "NUMA_TEST_LIMITED_CPU"

// A process started under taskset or in a cpuset does not leave it, and its
// topology is what is left.
func TestLimitedProcess(t *testing.T) {
	if only := os.Getenv(limitedEnv); only != "" {
		checkLimited(t, only)
		return
	}
	allowed, err := Allowed()
	if err != nil {
		t.Fatal(err)
	}
	if len(allowed) < 2 {
		t.Skip("needs two CPUs to leave one out")
	}
	last := allowed[len(allowed)-1]
	onThread(func() {
		// A child inherits the affinity of the thread that forks it.
		if err := Pin(last); err != nil {
			t.Error(err)
			return
		}
		child := exec.Command(os.Args[0], "-test.run=^TestLimitedProcess$", "-test.count=1")
		child.Env = append(os.Environ(), limitedEnv+"="+FormatList([]int{last}))
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("limited child: %v\n%s", err, out)
		}
	})
}

func checkLimited(t *testing.T, only string) {
	list, err := ParseList(only)
	if err != nil {
		t.Fatal(err)
	}
	top, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	if len(top.Nodes) != 1 || !slices.Equal(top.Nodes[0].Cores, list) || top.Nodes[0].ID != 0 {
		t.Errorf("nodes are %+v; want one with CPU %s", top.Nodes, only)
	}
	if !slices.ContainsFunc(top.Notes, func(n string) bool { return strings.Contains(n, "affinity or cpuset forbids") }) {
		t.Errorf("no note about the affinity in %q", top.Notes)
	}
	for _, c := range top.CPUs {
		if c.Allowed != slices.Contains(list, c.ID) {
			t.Errorf("CPU %d: Allowed is %v", c.ID, c.Allowed)
		}
		if c.Allowed || !c.Online {
			continue
		}
		onThread(func() {
			if err := Pin(c.ID); !errors.Is(err, ErrCPU) || !strings.Contains(err.Error(), "allowed are CPU "+only) {
				t.Errorf("Pin(%d): %v; want ErrCPU that allows %s", c.ID, err, only)
			}
		})
	}
	v, err := top.Overlay(Spec{2, 1})
	if err != nil || !v.Shared || v.PerCPU() != 2 {
		t.Errorf("2x1 on one CPU: %v, %v", v, err)
	}
}

// A limit on the calling thread alone counts too: Discover asks for it.
func TestLimitedThread(t *testing.T) {
	onThread(func() {
		allowed, err := Allowed()
		if err != nil {
			t.Error(err)
			return
		}
		if err := Pin(allowed[0]); err != nil {
			t.Error(err)
			return
		}
		top, err := Discover()
		if err != nil {
			t.Error(err)
			return
		}
		if got := top.Usable(); !slices.Equal(got, allowed[:1]) {
			t.Errorf("usable CPUs %v; want %v", got, allowed[:1])
		}
	})
}

func TestDiscover(t *testing.T) {
	top, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	if err := consistent(top); err != nil {
		t.Error(err)
	}
	for _, n := range top.Nodes {
		if n.MemTotal == 0 {
			t.Errorf("node %d: no size of memory", n.ID)
		}
	}
	// The kernel agrees with sysfs about which node a CPU is on.
	for _, n := range top.Nodes {
		onThread(func() {
			if err := Pin(n.Cores...); err != nil {
				t.Error(err)
			}
			if got := CurrentNode(); got != n.Physical {
				t.Errorf("pinned to node %d (Linux node %d), running on Linux node %d", n.ID, n.Physical, got)
			}
		})
	}
	t.Log(top)
}
