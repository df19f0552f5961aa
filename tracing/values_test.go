package tracing_test

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

// own watches this process, or skips.
func own(t *testing.T, o tracing.Options) *tracing.Session {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to attach uprobes")
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
	err = s.ProbeError()
	if errors.Is(err, os.ErrPermission) || errors.Is(err, ebpf.ErrNotSupported) || errors.Is(err, os.ErrNotExist) {
		t.Skipf("no uprobes here: %v", err)
	}
	if err != nil {
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
	s := own(t, tracing.Options{Sites: []string{"call"}, PerCall: events(t, "page-faults", "context-switches")})
	var c site.Calls
	for range operations {
		if err := unix.Madvise(memory, unix.MADV_DONTNEED); err != nil {
			t.Fatal(err)
		}
		c.Begin(0, 0, 0, 1, 1, 0)
		for i := range pages {
			memory[i*page] = 1
		}
		c.End(0, 0, 0)
	}
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
	// The runtime may fault in this thread a few times: half of a thousandth.
	if d := *faults.PerCall - pages; d < -0.0005 || d > 0.0005 {
		t.Errorf("%.4f page faults per operation, want %d.000", *faults.PerCall, pages)
	}
	if *faults.Empty > 0.01 {
		t.Errorf("an empty pair has %.3f page faults", *faults.Empty)
	}
	if r.Values.Calls+r.Values.Moved != operations || r.Values.Uncounted != 0 || r.Values.Calls == 0 {
		t.Errorf("%d operations with values, %d moved, %d uncounted; %d in all", r.Values.Calls, r.Values.Moved, r.Values.Uncounted, operations)
	}
	if len(r.Calls) != 1 || r.Calls[0].Calls != operations {
		t.Errorf("calls: %+v", r.Calls)
	}
}
