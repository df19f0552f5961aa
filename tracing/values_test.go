package tracing_test

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

// own watches this process, or skips.
func own(t *testing.T, o tracing.Options) *tracing.Session {
	t.Helper()
	if err := probe.Supported(); err != nil {
		t.Skip(err)
	}
	var err error
	if o.Places, err = site.Places(); err != nil {
		t.Fatal(err)
	}
	o.Targets = []probe.Target{{Node: 0, PID: os.Getpid()}}
	s, err := tracing.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.ProbeError(); err != nil {
		t.Fatal(err)
	}
	return s
}

func events(t *testing.T, names ...string) []counter.Event {
	t.Helper()
	e, err := counter.Choose(counter.ThisCPU(), names)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestThreePages: an operation that touches 3 new pages shows 3.000 page faults
// over 10,000 operations, and an empty pair of probes none.
func TestThreePages(t *testing.T) {
	const operations, pages = 10_000, 3
	page := os.Getpagesize()
	memory, err := unix.Mmap(-1, 0, pages*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(memory) }()
	_ = unix.Madvise(memory, unix.MADV_NOHUGEPAGE) // where there are none, there is nothing to avoid
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// The collector would fault in this thread too.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	s := own(t, tracing.Options{Sites: []string{"call"}, PerCall: events(t, "page-faults", "context-switches"), Kernel: true})
	var c site.Calls
	work := func(operations int) {
		for range operations {
			if err := unix.Madvise(memory, unix.MADV_DONTNEED); err != nil {
				t.Fatal(err)
			}
			c.Begin(0, 0, 0, 1, 1, 0)
			for i := range pages {
				memory[i*page] = 1
			}
			c.End(0)
		}
	}
	// Linux may take pages of code and stacks from a thread at any time, and then
	// it faults more often: only such a run is made again.
	for try := 0; ; try++ {
		work(100) // first uses of code and stacks
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		work(operations)
		n := uint64(operations)
		r, err := s.Report(&n)
		if err != nil {
			t.Fatal(err)
		}
		faults := r.Values.Events[0]
		if faults.PerCall == nil || faults.Empty == nil {
			t.Fatalf("%+v", r.Values)
		}
		t.Logf("page faults per operation: %.3f, of an empty pair %.3f; %d operations, %d moved, %d uncounted", *faults.PerCall, *faults.Empty, r.Values.Calls, r.Values.Moved, r.Values.Uncounted)
		if r.Values.Calls+r.Values.Moved != operations || r.Values.Uncounted != 0 || r.Values.Calls == 0 {
			t.Errorf("%d operations with values, %d moved, %d uncounted; %d in all", r.Values.Calls, r.Values.Moved, r.Values.Uncounted, operations)
		}
		if len(r.Calls) != 1 || r.Calls[0].Calls != operations {
			t.Errorf("calls: %+v", r.Calls)
		}
		if within, ok := r.Calls[0].Linux["page_faults"]; ok && within < operations*pages {
			t.Errorf("Linux's tracepoint met %d page faults within the calls, fewer than the %d that there were", within, operations*pages)
		} else if !ok {
			t.Log("page faults by tracepoint: not on this Linux")
		} else if within != operations*pages && try < 9 {
			continue
		}
		if *faults.Empty > 0.01 {
			t.Errorf("an empty pair has %.3f page faults", *faults.Empty)
		}
		if *faults.PerCall < pages {
			t.Fatalf("%.4f page faults per operation, fewer than the %d that there were", *faults.PerCall, pages)
		}
		if *faults.PerCall < pages+0.0005 {
			return
		}
		if try == 9 {
			t.Fatalf("%.4f page faults per operation in the last of %d runs, want %d.000", *faults.PerCall, try+1, pages)
		}
	}
}

// TestInterval: a report says what came since Restart, and of nothing else: hits,
// and what the programs took.
func TestInterval(t *testing.T) {
	s := own(t, tracing.Options{Sites: []string{"call"}, Events: events(t, "task-clock")})
	var c site.Calls
	for _, n := range []uint64{5, 100, 1} {
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		for range n {
			c.Begin(0, 0, 0, 1, 1, 0)
			c.End(0)
		}
		r, err := s.Report(&n)
		if err != nil {
			t.Fatal(err)
		}
		if r.Cost.Runs == nil || *r.Cost.Runs != 2*n || *r.Cost.Runtime <= 0 || r.Cost.Share == nil || *r.Cost.Share <= 0 {
			t.Errorf("%d calls: cost %+v", n, r.Cost)
		}
		for _, p := range r.Sites {
			if p.Hits != n {
				t.Errorf("%s: %d hits of %d", p.Name, p.Hits, n)
			}
		}
		if len(r.Sites) != 2 || r.Lost.Total != 0 {
			t.Errorf("%d sites, lost %+v", len(r.Sites), r.Lost)
		}
	}
}
