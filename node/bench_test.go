package node_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/node"
)

func shortBench(threads, window int) node.BenchRequest {
	ask := node.DefaultBenchRequest()
	ask.Keys, ask.ThreadsPerNode, ask.Window, ask.WriteRatio = 1000, threads, window, 50
	ask.Warmup, ask.Duration = 20*time.Millisecond, 100*time.Millisecond
	return ask
}

// bench runs a bench for as long as it takes for every node to show something:
// on a busy machine a thread may not get a CPU for a while.
func bench(t testing.TB, m node.API, ask node.BenchRequest) *node.BenchResult {
	t.Helper()
	for {
		r, err := m.Bench(limit(t), ask)
		shown := err == nil
		if shown {
			for _, n := range r.ByNode {
				shown = shown && n.Latency.Count() > 0
			}
		}
		if shown {
			return r
		}
		if err != nil && !strings.Contains(err.Error(), "no operation") || ask.Duration > 5*time.Second {
			t.Fatalf("bench of %v: %v", ask.Duration, err)
		}
		ask.Duration *= 4
	}
}

// TestBench runs short benches and holds their results to what must be so on
// any machine, however busy. At rest the replicas of NR are equal, and so is
// the sum of the multikernel's parts and the one copy of the big lock.
func TestBench(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			mode, copies := v.mode, v.config(t, "2x1").Copies()
			m := boot(t, v.config(t, "2x1"))
			for _, threads := range []int{1, 2} {
				for _, window := range []int{1, 8} {
					ask := shortBench(threads, window)
					r := bench(t, m, ask)
					// On a busy machine the traffic may be read late: a longer run is
					// less in error.
					for mode == node.ModeNR && !entriesRight(r) && ask.Duration < 5*time.Second {
						ask.Duration *= 4
						r = bench(t, m, ask)
					}
					checkBench(t, r, mode, threads)
					shared := strings.Contains(strings.Join(r.Warnings, "\n"), "share 1 CPUs")
					if shared != (threads > 1) {
						t.Errorf("%d threads on nodes of one core: warnings %q", threads, r.Warnings)
					}
				}
			}
			// The copies of the multikernel come to rest a moment after the callers
			// have their answers.
			var s *node.Status
			waitFor(t, func() bool {
				var err error
				if s, err = m.Status(limit(t), node.StatusRequest{Digest: true}); err != nil {
					t.Fatal(err)
				}
				return !slices.ContainsFunc(s.Kernels, func(k node.KernelStatus) bool { return copies && k.DigestAt != s.Kernels[0].DigestAt })
			})
			for _, k := range s.Kernels {
				if k.Digest == "" || k.Threads != 0 {
					t.Errorf("node %d at rest: digest %q, %d threads", k.Node, k.Digest, k.Threads)
				}
				if copies && (k.Digest != s.Kernels[0].Digest || k.DigestAt != s.Kernels[0].DigestAt) {
					t.Errorf("node %d has digest %s at %d, node 0 %s at %d", k.Node, k.Digest, k.DigestAt, s.Kernels[0].Digest, s.Kernels[0].DigestAt)
				}
			}
		})
	}
}

func checkBench(t *testing.T, r *node.BenchResult, mode node.Mode, threads int) {
	t.Helper()
	var operations uint64
	for i, n := range r.ByNode {
		operations += n.Operations
		if n.Node != i || len(n.CPUs) != threads || n.Operations == 0 || n.Latency.Count() == 0 {
			t.Errorf("node %d: %+v", i, n)
		}
	}
	if len(r.ByNode) != 2 || operations != r.Operations || r.OpsPerS <= 0 || r.Failures != 0 {
		t.Errorf("the nodes' operations add up to %d, the machine's are %d with %d failures: %s", operations, r.Operations, r.Failures, r.FirstFailure)
	}
	if r.LatencyP50 <= 0 || r.LatencyP50 > r.LatencyP99 || r.LatencyP99 > r.LatencyP999 || r.LatencyP999 > r.LatencyMax {
		t.Errorf("latencies are not in order: %+v", r.Summary)
	}
	if !r.Placed {
		t.Error("something is not where it was put")
	}
	// What is there of another structure is not 0 but not there.
	if (r.LogEntriesPerOp != nil) != (mode == node.ModeNR) || (r.MessagesPerOp != nil) != (mode == node.ModeMultikernel) {
		t.Errorf("%s has log entries %v and messages %v", mode, r.LogEntriesPerOp, r.MessagesPerOp)
	}
	if mode == node.ModeNR && !entriesRight(r) {
		t.Errorf("%v log entries per operation, want about 0.5", *r.LogEntriesPerOp)
	}
	sum := 0.0
	for _, n := range r.HandOversBy {
		sum += n
	}
	if math.Abs(sum-*r.HandOversPerOp) > 1e-9 {
		t.Errorf("hand-overs by cause add up to %v of %v", sum, *r.HandOversPerOp)
	}
}

// entriesRight: half of the operations write, and every write is a log entry;
// that allows for the moments between the readings.
func entriesRight(r *node.BenchResult) bool { return math.Abs(*r.LogEntriesPerOp-0.5) < 0.2 }

// TestStatusDuringBench: the control plane answers while all threads work, also
// when threads outnumber CPUs by far.
func TestStatusDuringBench(t *testing.T) {
	m := boot(t, config(t, node.ModeNR, "4x1"))
	c := dial(t, m.RunDir())
	ctx, cancel := context.WithCancel(limit(t))
	benched := make(chan error, 1)
	go func() {
		ask := shortBench(2, 8)
		ask.Duration = time.Minute
		_, err := c.Bench(ctx, ask)
		benched <- err
	}()
	var s *node.Status
	waitFor(t, func() bool {
		var err error
		if s, err = c.Status(limit(t), node.StatusRequest{}); err != nil {
			t.Fatal(err)
		}
		return s.Job == "bench" && s.Kernels[0].Threads == 2
	})
	for _, k := range s.Kernels {
		if k.State != node.StateRunning {
			t.Errorf("node %d is %s", k.Node, k.State)
		}
	}
	if a := sys(t, c, 3, "put", "123456789", "1"); a.Text != "stored" {
		t.Errorf("sys during a bench: %q", a.Text)
	}
	for _, other := range []func() error{
		func() error { _, err := c.Bench(limit(t), shortBench(1, 1)); return err },
		func() error { _, err := c.Record(limit(t), node.DefaultRecordRequest()); return err },
		func() error { _, err := m.Probe(limit(t), node.DefaultProbeRequest()); return err },
	} {
		if err := other(); !errors.Is(err, node.ErrBusy) || !strings.Contains(err.Error(), "bench") {
			t.Errorf("a second job: %v, want ErrBusy that names the first", err)
		}
	}
	cancel()
	if err := <-benched; !errors.Is(err, context.Canceled) {
		t.Errorf("the bench that was given up: %v", err)
	}
	// The machine ends it, and takes another.
	waitFor(t, func() bool {
		s, err := c.Status(limit(t), node.StatusRequest{})
		return err == nil && s.Job == "" && s.Kernels[0].Threads == 0
	})
	bench(t, c, shortBench(1, 8))
}

// TestJobsEndEarly gives up each kind of job through the Machine.
func TestJobsEndEarly(t *testing.T) {
	m := boot(t, config(t, node.ModeMultikernel, "2x1"))
	probe := node.DefaultProbeRequest()
	probe.Reads = 1 << 40
	endless := shortBench(1, 8)
	endless.Duration = time.Hour
	for kind, job := range map[string]func(context.Context) error{
		"probe": func(ctx context.Context) error { _, err := m.Probe(ctx, probe); return err },
		"bench": func(ctx context.Context) error { _, err := m.Bench(ctx, endless); return err },
	} {
		ctx, cancel := context.WithTimeout(limit(t), 200*time.Millisecond)
		if err := job(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", kind, err)
		}
		cancel()
	}
	judge(t, m, node.DefaultRecordRequest())
}

// TestBadRequests: each is refused with a reason, and the machine goes on.
func TestBadRequests(t *testing.T) {
	m := boot(t, config(t, node.ModeNR, "2x1"))
	c := dial(t, m.RunDir())
	bench := func(change func(*node.BenchRequest)) func() error {
		return func() error {
			ask := shortBench(1, 1)
			change(&ask)
			_, err := c.Bench(limit(t), ask)
			return err
		}
	}
	record := func(change func(*node.RecordRequest)) func() error {
		return func() error {
			ask := node.DefaultRecordRequest()
			change(&ask)
			_, err := c.Record(limit(t), ask)
			return err
		}
	}
	probe := func(change func(*node.ProbeRequest)) func() error {
		return func() error {
			ask := node.DefaultProbeRequest()
			change(&ask)
			_, err := c.Probe(limit(t), ask)
			return err
		}
	}
	call := func(ask node.SysRequest) func() error {
		return func() error { _, err := c.Sys(limit(t), ask); return err }
	}
	for _, bad := range []struct {
		name string
		do   func() error
		says string
	}{
		{"window 0", bench(func(b *node.BenchRequest) { b.Window = 0 }), "--window 0"},
		{"window 300", bench(func(b *node.BenchRequest) { b.Window = 300 }), "--window 300"},
		{"writes 101 %", bench(func(b *node.BenchRequest) { b.WriteRatio = 101 }), "--write-ratio 101"},
		{"unknown distribution", bench(func(b *node.BenchRequest) { b.Distribution = "gauss" }), "gauss"},
		{"no threads", bench(func(b *node.BenchRequest) { b.ThreadsPerNode = 0 }), "--threads-per-node 0"},
		{"no clients", record(func(r *node.RecordRequest) { r.ClientsPerNode = 0 }), "0 clients"},
		{"too many keys", record(func(r *node.RecordRequest) { r.Keys = 1 << 21 }), "keys 2097152"},
		{"no readers", probe(func(p *node.ProbeRequest) { p.ReadersPerNode = 0 }), "0 readers"},
		{"probe window", probe(func(p *node.ProbeRequest) { p.ReadWindow = -1 }), "read-window -1"},
		{"node 2", call(node.SysRequest{Node: 2, Service: "kv", Words: []string{"get", "1"}}), "nodes 0 to 1"},
		{"node -1", call(node.SysRequest{Node: -1, Service: "kv", Words: []string{"get", "1"}}), "nodes 0 to 1"},
		{"unknown operation", call(node.SysRequest{Service: "kv", Words: []string{"frobnicate"}}), "frobnicate"},
		{"no operation", call(node.SysRequest{Service: "kv"}), "no operation"},
		{"key out of range", call(node.SysRequest{Service: "kv", Words: []string{"get", "18446744073709551616"}}), "out of range"},
		{"unknown service", call(node.SysRequest{Service: "fs", Words: []string{"ls"}}), `"fs"`},
	} {
		err := bad.do()
		if err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%s: %v, want an error that says %q", bad.name, err, bad.says)
		}
		if !errors.Is(err, node.ErrUsage) {
			t.Errorf("%s: %v is no ErrUsage", bad.name, err)
		}
	}
	if a := sys(t, m, 1, "put", "1", "2"); a.Text != "stored" {
		t.Errorf("afterwards: %q", a.Text)
	}
}

func dial(t testing.TB, runDir string) *node.Client {
	t.Helper()
	c, err := node.Dial(runDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestSharedCPUs says so when a virtual topology has more cores than there are
// CPUs, and waits accordingly.
func TestSharedCPUs(t *testing.T) {
	m := boot(t, config(t, node.ModeMultikernel, "8x1"))
	s, err := m.Status(limit(t), node.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Topology.Usable()) >= 8 {
		t.Skip("this machine has 8 CPUs")
	}
	if !s.Topology.Shared || s.Policy.Name != "oversubscribed" || len(s.Warnings) == 0 {
		t.Errorf("shared %v, policy %s, warnings %q", s.Topology.Shared, s.Policy.Name, s.Warnings)
	}
	r := bench(t, m, shortBench(1, 8))
	if fmt.Sprint(r.Warnings) == "[]" {
		t.Error("the result does not say that CPUs are shared")
	}
}
