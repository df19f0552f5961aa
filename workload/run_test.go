package workload_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/workload"
)

func short() workload.Spec {
	s := workload.Default()
	s.Keys, s.Duration, s.Warmup = 1000, 20*time.Millisecond, time.Millisecond
	return s
}

// run conducts one worker.
func run(t *testing.T, p kernel.Port, s workload.Spec) workload.Outcome {
	t.Helper()
	ctl := new(workload.Control)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := ctl.Conduct(t.Context(), s, 1); err != nil {
			t.Error(err)
		}
	})
	o, err := workload.Run(p, s, 0, ctl)
	if err != nil {
		t.Error(err)
	}
	wg.Wait()
	return o
}

// runFor is run until n operations have completed, however long they take.
func runFor(t *testing.T, n uint64, p kernel.Port, s workload.Spec) workload.Outcome {
	t.Helper()
	ctl := new(workload.Control)
	ctl.Meet(1)
	o, err := workload.Run(&probed{Port: p, completed: func(int, *kernel.Result) error {
		if n--; n == 0 {
			ctl.Stop()
		}
		return nil
	}}, s, 0, ctl)
	if err != nil {
		t.Error(err)
	}
	return o
}

func TestRunOnBaseline(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*workload.Spec)
	}{
		{"words", func(*workload.Spec) {}},
		{"one outstanding", func(s *workload.Spec) { s.Window = 1 }},
		{"the largest window", func(s *workload.Spec) { s.Window = kernel.MaxWindow }},
		{"no warm-up", func(s *workload.Spec) { s.Warmup = 0 }},
		{"zipf", func(s *workload.Spec) { s.Distribution, s.ZipfTheta = workload.Zipf, 1.03 }},
		{"bytes", func(s *workload.Spec) { s.ValueBytes = 100 }},
		{"long bytes", func(s *workload.Spec) { s.ValueBytes = kernel.MaxData }},
		{"one byte", func(s *workload.Spec) { s.ValueBytes = 1 }},
		{"an empty store", func(s *workload.Spec) { s.Prefill = false }},
		{"reads", func(s *workload.Spec) { s.WriteRatio = 0 }},
		{"writes", func(s *workload.Spec) { s.WriteRatio = 100 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := short()
			c.change(&s)
			p := newBaseline(t, s.Window)
			if s.Prefill {
				for part := range 3 {
					if err := workload.Prefill(p, s, part, 3); err != nil {
						t.Fatal(err)
					}
				}
			}
			// On a busy machine the worker may not get a CPU for so long: give it more.
			const enough = 1000
			began := time.Now()
			o := run(t, p, s)
			for o.Operations < enough && s.Duration < time.Minute {
				s.Duration *= 4
				began = time.Now()
				o = run(t, p, s)
			}
			if d := time.Since(began); d < s.Duration || o.Elapsed <= 0 || o.Elapsed > d {
				t.Errorf("a run of %v took %v, %v of them measured", s.Duration, d, o.Elapsed)
			}
			if o.Operations < enough || o.Operations != o.Reads+o.Writes || o.Failures != 0 {
				t.Errorf("%d operations, %d reads, %d writes, %d failures: %s", o.Operations, o.Reads, o.Writes, o.Failures, o.FirstFailure)
			}
			if (o.Writes == 0) != (s.WriteRatio == 0) || (o.Reads == 0) != (s.WriteRatio == 100) {
				t.Errorf("write ratio %v: %d reads, %d writes", s.WriteRatio, o.Reads, o.Writes)
			}
			if o.LatencyMax < time.Duration(o.Latency.Quantile(0.5)) || o.Latency.Count() == 0 {
				t.Errorf("%d latencies, half within %d ns, all within %v", o.Latency.Count(), o.Latency.Quantile(0.5), o.LatencyMax)
			}
			if _, err := p.Next(); !errors.Is(err, kernel.ErrIdle) {
				t.Error("Run left operations outstanding")
			}
		})
	}
}

// TestPrefillCoversAllKeys fills in uneven parts and looks for every key.
func TestPrefillCoversAllKeys(t *testing.T) {
	for _, parts := range []int{1, 3, 7} {
		s := short()
		s.Keys = 100
		p := newBaseline(t, s.Window)
		for part := range parts {
			if err := workload.Prefill(p, s, part, parts); err != nil {
				t.Fatal(err)
			}
		}
		for key := range s.Keys {
			v, err := kv.Client{Port: p}.Get(key)
			if err != nil || uint32(v) != uint32(key) {
				t.Errorf("%d parts: key %d holds %#x (%v)", parts, key, v, err)
			}
		}
		if _, err := (kv.Client{Port: p}).Get(s.Keys); err == nil {
			t.Errorf("%d parts: key %d was filled", parts, s.Keys)
		}
	}
	if err := workload.Prefill(newBaseline(t, 1), short(), 3, 3); err == nil {
		t.Error("part 3 of 3 was filled")
	}
}

// TestFailuresAreCounted lets a port answer wrongly in three ways.
func TestFailuresAreCounted(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*kernel.Result)
	}{
		{"status", func(r *kernel.Result) { r.Status = kernel.StatusFull }},
		{"missing", func(r *kernel.Result) { r.Status = kernel.StatusNotFound }},
		{"another key's value", func(r *kernel.Result) { r.Value++ }},
	} {
		s := short()
		s.WriteRatio = 0
		p := newBaseline(t, s.Window)
		if err := workload.Prefill(p, s, 0, 1); err != nil {
			t.Fatal(err)
		}
		n := uint64(0)
		o := runFor(t, 3000, &probed{Port: p, completed: func(_ int, r *kernel.Result) error {
			if n++; n%3 == 0 {
				c.spoil(r)
			}
			return nil
		}}, s)
		if third := o.Operations / 3; o.Failures < third || o.Failures > third+1 || o.FirstFailure == "" {
			t.Errorf("%s: %d failures of %d: %q", c.name, o.Failures, o.Operations, o.FirstFailure)
		}
	}
}

// TestMaximumCoversWhatIsNotTimed holds up one operation that is not timed,
// and looks for the delay.
func TestMaximumCoversWhatIsNotTimed(t *testing.T) {
	const stall = 30 * time.Millisecond
	s := short()
	s.Warmup, s.Prefill = 0, false
	n := 0
	o := runFor(t, 1000, &probed{Port: newBaseline(t, s.Window), completed: func(int, *kernel.Result) error {
		if n++; n == 101 {
			time.Sleep(stall)
		}
		return nil
	}}, s)
	if o.LatencyMax < stall {
		t.Errorf("maximum %v after a stall of %v", o.LatencyMax, stall)
	}
}

// TestMaximumCoversTheOvertaken keeps one place of the window waiting while the
// others go on.
func TestMaximumCoversTheOvertaken(t *testing.T) {
	s := short()
	s.Warmup, s.Prefill, s.Window = 0, false, 4
	p := &overtaking{Baseline: newBaseline(t, 4)}
	o := runFor(t, 10_000, p, s)
	if p.held == 0 || o.LatencyMax < p.held {
		t.Errorf("maximum %v, one was held for %v", o.LatencyMax, p.held)
	}
}

// overtaking holds back the first operation for some thousands of others.
type overtaking struct {
	*workload.Baseline
	n     int
	since time.Time
	place int
	held  time.Duration
}

func (o *overtaking) Next() (int, error) {
	o.n++
	switch o.n {
	case 1:
		i, err := o.Baseline.Next()
		if err != nil {
			return i, err
		}
		o.place, o.since = i, time.Now()
	case 5000:
		o.held = time.Since(o.since)
		return o.place, nil
	}
	return o.Baseline.Next()
}

func TestPortErrorStopsAll(t *testing.T) {
	s := short()
	s.Duration, s.Prefill = time.Minute, false
	ctl := new(workload.Control)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		p := &probed{Port: newBaseline(t, s.Window)}
		if i == 0 {
			n := 0
			p.completed = func(int, *kernel.Result) error {
				if n++; n == 1000 {
					return kernel.ErrStopped
				}
				return nil
			}
		}
		wg.Go(func() { _, errs[i] = workload.Run(p, s, i, ctl) })
	}
	if err := ctl.Conduct(t.Context(), s, 2); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if !errors.Is(errs[0], kernel.ErrStopped) || errs[1] != nil {
		t.Errorf("got %v and %v", errs[0], errs[1])
	}
}

func TestConductEndsWithItsContext(t *testing.T) {
	s := short()
	s.Duration, s.Prefill = time.Hour, false
	for _, workers := range []int{1, 2} { // of 2, one never comes
		ctx, cancel := context.WithCancel(t.Context())
		ctl := new(workload.Control)
		var wg sync.WaitGroup
		wg.Go(func() {
			p := newBaseline(t, s.Window)
			n := 0
			o, err := workload.Run(&probed{Port: p, started: func(int, *kernel.Op) {
				if n++; n == 1000 {
					cancel()
				}
			}}, s, 0, ctl)
			if err != nil || workers == 2 && o.Operations != 0 {
				t.Errorf("%d operations, %v", o.Operations, err)
			}
		})
		if workers == 2 {
			cancel()
		}
		if err := ctl.Conduct(ctx, s, workers); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: %v", workers, err)
		}
		wg.Wait()
		cancel()
	}
}

func TestRunRefuses(t *testing.T) {
	s := short()
	ctl := new(workload.Control)
	if _, err := workload.Run(newBaseline(t, 4), s, 0, ctl); err == nil || !ctl.Stopped() {
		t.Errorf("a window of 16 on a port of 4: %v", err)
	}
	s.Window = 0
	if _, err := workload.Run(newBaseline(t, 4), s, 0, new(workload.Control)); !errors.Is(err, workload.ErrSpec) {
		t.Errorf("a window of 0: %v", err)
	}
	if _, err := workload.NewBaseline(nil, 0); err == nil {
		t.Error("a baseline without a window")
	}
}

// TestRunAllocatesNothing compares the allocations of short and long runs.
func TestRunAllocatesNothing(t *testing.T) {
	for _, distribution := range []workload.Distribution{workload.Uniform, workload.Zipf} {
		for _, bytes := range []int{0, 64} {
			s := short()
			s.Warmup, s.Distribution, s.ValueBytes = 0, distribution, bytes
			s.Duration = time.Minute
			p := newBaseline(t, s.Window)
			if err := workload.Prefill(p, s, 0, 1); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			n := 0
			ctl := new(workload.Control)
			counting := &probed{Port: p, completed: func(int, *kernel.Result) error {
				switch n++; n {
				case 1000:
					runtime.ReadMemStats(&before)
				case 51_000:
					runtime.ReadMemStats(&after)
					ctl.Stop()
				}
				return nil
			}}
			ctl.Meet(1)
			if _, err := workload.Run(counting, s, 0, ctl); err != nil {
				t.Fatal(err)
			}
			if got := after.Mallocs - before.Mallocs; got > 50 { // the runtime's own, if any
				t.Errorf("%s, %d bytes: %d allocations in 50,000 operations", distribution, bytes, got)
			}
		}
	}
}

// nothing is a port that executes nothing: what is left is the loop.
type nothing struct {
	ops     []kernel.Op
	results []kernel.Result
	next    int
	left    int
	ctl     *workload.Control
}

func (p *nothing) Ops() []kernel.Op         { return p.ops }
func (p *nothing) Results() []kernel.Result { return p.results }
func (p *nothing) Start(int)                {}
func (p *nothing) Close() error             { return nil }

func (p *nothing) Next() (int, error) {
	if p.left--; p.left == 0 {
		p.ctl.Stop()
	}
	p.next = (p.next + 1) & (len(p.ops) - 1)
	return p.next, nil
}

// BenchmarkLoop is the cost of a worker besides its port, latency included.
func BenchmarkLoop(b *testing.B) {
	for _, c := range []struct {
		name         string
		distribution workload.Distribution
		bytes        int
	}{{"uniform", workload.Uniform, 0}, {"zipf", workload.Zipf, 0}, {"uniform-bytes", workload.Uniform, 64}} {
		b.Run(c.name, func(b *testing.B) {
			s := workload.Default()
			s.Prefill, s.Distribution, s.ValueBytes = false, c.distribution, c.bytes
			p := &nothing{ops: make([]kernel.Op, s.Window), results: kernel.NewResults(s.Window), left: b.N, ctl: new(workload.Control)}
			p.ctl.Meet(1)
			b.ResetTimer()
			if _, err := workload.Run(p, s, 0, p.ctl); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkBaseline is the single-threaded line.
func BenchmarkBaseline(b *testing.B) {
	for _, ratio := range []float64{0, 10, 50, 100} {
		b.Run(fmt.Sprintf("writes-%v", ratio), func(b *testing.B) {
			s := workload.Default()
			s.WriteRatio = ratio
			p := newBaseline(b, s.Window)
			if err := workload.Prefill(p, s, 0, 1); err != nil {
				b.Fatal(err)
			}
			ctl := new(workload.Control)
			n := 0
			counted := &probed{Port: p, completed: func(int, *kernel.Result) error {
				if n++; n == b.N {
					ctl.Stop()
				}
				return nil
			}}
			ctl.Meet(1)
			b.ResetTimer()
			if _, err := workload.Run(counted, s, 0, ctl); err != nil {
				b.Fatal(err)
			}
		})
	}
}
