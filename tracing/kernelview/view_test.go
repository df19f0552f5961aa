package kernelview_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing/kernelview"
	"github.com/nrkern/nrkern/tracing/privilege"
)

// TestCounts: what this process does is counted, on whichever of the events this
// kernel has; those that it has not say why.
func TestCounts(t *testing.T) {
	if err := privilege.Check(privilege.BPF, privilege.PerfMon); err != nil {
		t.Skip(err)
	}
	const node = 7
	v, err := kernelview.Attach(map[int]int{os.Getpid(): node}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	const pages = 100
	memory, err := unix.Mmap(-1, 0, pages*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(memory) }()
	_ = unix.Madvise(memory, unix.MADV_NOHUGEPAGE)
	for i := range pages {
		memory[i*os.Getpagesize()] = 1
	}
	for range 10 {
		time.Sleep(time.Millisecond)
	}
	events, err := v.Read()
	if err != nil {
		t.Fatal(err)
	}
	least := map[string]uint64{"page_faults": pages, "context_switches": 1}
	counted := map[string]bool{}
	for _, e := range events {
		counted[e.Name] = e.Err == nil
		switch {
		case e.Err != nil && e.Counts != nil, e.Err == nil && e.Source == "":
			t.Errorf("%s: %+v", e.Name, e)
		case e.Err != nil:
			t.Logf("%s: n/a: %v", e.Name, e.Err)
			continue
		}
		t.Logf("%s: %d by %s", e.Name, e.Counts[node], e.Source)
		if e.Counts[node] < least[e.Name] {
			t.Errorf("%s: %d counted, at least %d happened", e.Name, e.Counts[node], least[e.Name])
		}
		if len(e.Counts) != 1 {
			t.Errorf("%s: counts %v of one target", e.Name, e.Counts)
		}
	}
	if !counted["context_switches"] {
		t.Error("no context switches are counted: every Linux with BPF has sched_switch")
	}
	if len(events) < 9 {
		t.Errorf("%d events", len(events))
	}
}
