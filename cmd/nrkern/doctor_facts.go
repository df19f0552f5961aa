package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// facts are what doctor looked at: everything that it judges, and nothing that
// it has to ask the host for again.
type facts struct {
	os, arch   string
	release    numa.Release
	releaseErr error
	topology   *numa.Topology
	topoErr    error
	quota      float64 // CPUs; 0 for no limit
	pools      []numa.Pool
	poolsErr   error
	placement  error // pinning a thread and binding its memory
	segment    error // making a small segment
	runDir     runDirFacts
	clock      string // what time stamps come from
	source     string // Linux's clock source
	noise      numa.Noise
	noiseErr   error
	span       time.Duration // that noise was watched for
	tuning     numa.Tuning
	pmu        error // opening a counter of cycles
	software   error // opening a counter of context switches
	btf        bool
	tracefs    bool
	kprobes    bool
	memlock    syscall.Rlimit
	memlockErr error
	caps       uint64 // effective capabilities
	capsErr    error
}

type runDirFacts struct {
	path    string
	machine bool  // one lives there
	err     error // why none could
}

// noiseSpan is how long doctor watches for stolen time.
const noiseSpan = 300 * time.Millisecond

// examine looks at the host. It changes nothing: what it has to try, such as
// pinning, it tries on a thread or a mapping of its own.
func examine(ctx context.Context, runDir string) facts {
	f := facts{os: runtime.GOOS, arch: runtime.GOARCH, span: noiseSpan}
	before, noiseErr := numa.HostNoise()
	began := time.Now()

	f.release, f.releaseErr = numa.Kernel()
	f.topology, f.topoErr = numa.Discover()
	f.quota, _ = numa.Quota()
	f.pools, f.poolsErr = numa.Pools()
	f.placement = tryPlacement(f.topology)
	f.segment = trySegment(f.topology)
	f.runDir = lookAtRunDir(runDir)
	f.clock = workload.ProcessClock().Source()
	f.source = firstLine("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	f.tuning = numa.HostTuning()
	f.pmu, f.software = tryCounter(hardwareCycles), tryCounter(softwareSwitches)
	f.btf = exists("/sys/kernel/btf/vmlinux")
	for _, dir := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		f.tracefs = f.tracefs || exists(dir+"/events")
		f.kprobes = f.kprobes || exists(dir+"/kprobe_events")
	}
	f.memlockErr = syscall.Getrlimit(rlimitMemlock, &f.memlock)
	f.caps, f.capsErr = effectiveCapabilities("/proc/self/status")

	select {
	case <-time.After(noiseSpan - time.Since(began)):
	case <-ctx.Done():
	}
	now, err := numa.HostNoise()
	f.noise, f.noiseErr = now.Since(before), join(noiseErr, err)
	return f
}

// tryPlacement pins a thread to the first CPU of each node and binds its
// memory there, on a thread that ends with it.
func tryPlacement(t *numa.Topology) error {
	if t == nil {
		return nil // the topology's own finding says why
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked, so the thread is not used again
		done <- func() error {
			for _, n := range t.Nodes {
				if err := numa.Pin(n.Cores[0]); err != nil {
					return err
				}
				if err := numa.SetPolicy(numa.BindTo(n.Memory)); err != nil {
					return err
				}
			}
			return nil
		}()
	}()
	return <-done
}

// trySegment makes a segment of one part on ordinary pages, and lets it go.
func trySegment(t *numa.Topology) error {
	if t == nil {
		return nil // the topology's own finding says why
	}
	var l transport.Layout
	l.Add("doctor", transport.Interleaved, 1)
	s, err := transport.Create(&l, transport.Options{Hugepages: transport.HugepagesOff, Memory: []int{t.Nodes[0].Memory}})
	if err != nil {
		return err
	}
	return s.Close()
}

// lookAtRunDir sees whether a machine lives in a run directory, or could.
func lookAtRunDir(path string) runDirFacts {
	f := runDirFacts{path: path}
	if c, err := node.Dial(path); err == nil {
		c.Close()
		f.machine = true
		return f
	}
	f.err = couldMake(path)
	return f
}

// effectiveCapabilities reads the bit set of a process's capabilities.
func effectiveCapabilities(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if set, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(set), 16, 64)
		}
	}
	return 0, fmt.Errorf("%s has no line CapEff", path)
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
