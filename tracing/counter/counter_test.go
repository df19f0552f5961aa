package counter

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTables: each processor has its encodings, marked untested.
func TestTables(t *testing.T) {
	for _, c := range []struct {
		cpu             CPU
		name            string
		config, config1 uint64
	}{
		{CPU{intel, 6, 0x55}, "remote-hitm", 0x04d3, 0},
		{CPU{intel, 6, 0x55}, "remote-hitm-writes", 0x01b7, 0x103FC00002},
		{CPU{intel, 6, 0x6a}, "to-core-remote-hitm", 0x01b7, 0x1030000477},
		{CPU{intel, 6, 0x6a}, "to-core-remote-fwd", 0x01b7, 0x830000477},
		{CPU{intel, 6, 0x8f}, "to-core-remote-dram", 0x012a, 0x730004477},
		{CPU{intel, 6, 0xcf}, "remote-dram", 0x02d3, 0},
		{CPU{intel, 6, 0xad}, "local-dram", 0x01d3, 0},
		{CPU{amd, 0x17, 0x31}, "remote-cache", 0x1043, 0},
		{CPU{amd, 0x19, 0x01}, "remote-cache", 0x1044, 0},
		{CPU{amd, 0x1a, 0x02}, "remote-dram", 0x4044, 0},
	} {
		found, err := Choose(c.cpu, []string{c.name})
		if err != nil {
			t.Errorf("%v: %v", c.cpu, err)
			continue
		}
		if e := found[0]; e.Config != c.config || e.Config1 != c.config1 || !e.Untested || e.Type != unix.PERF_TYPE_RAW {
			t.Errorf("%v: %s is %s, untested %v; want raw %#x config1 %#x", c.cpu, c.name, e.Encoding(), e.Untested, c.config, c.config1)
		}
	}
	if n := len(tableOf(CPU{"other", 1, 1})); n != 0 {
		t.Errorf("an unknown processor has %d events", n)
	}
}

func TestRawCodes(t *testing.T) {
	found, err := Choose(CPU{}, []string{"r04d3", "r01b7:103FC00001", "page-faults"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"raw 0x4d3", "raw 0x1b7 config1 0x103fc00001", "software 0x2"} {
		if got := found[i].Encoding(); got != want {
			t.Errorf("%s is %s, want %s", found[i].Name, got, want)
		}
	}
	for _, bad := range []string{"", "r", "rxyz", "r1:zz", "no-such-event"} {
		if _, err := Choose(CPU{}, []string{bad}); !errors.Is(err, ErrEvent) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCPUInfo(t *testing.T) {
	const info = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: x\n\nprocessor\t: 1\nmodel\t: 7\n"
	if got, want := cpuOf([]byte(info)), (CPU{amd, 25, 1}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestScaled(t *testing.T) {
	v := Value{Count: 100, Enabled: 40, Running: 10}
	if n, ok := v.Scaled(); !ok || n != 400 || v.Coverage() != 0.25 {
		t.Errorf("%v, %v, coverage %v", n, ok, v.Coverage())
	}
	if _, ok := (Value{Enabled: 10}).Scaled(); ok {
		t.Error("an event that was never counting has a value")
	}
	if n, ok := (Value{}).Scaled(); !ok || n != 0 {
		t.Errorf("of a thread that did not run: %v, %v", n, ok)
	}
}

// TestPageFaults: the faults of a thread that starts after the counters are
// counted too; what there is no counter for says why.
func TestPageFaults(t *testing.T) {
	names := []string{"page-faults", "r04d3"}
	events, err := Choose(ThisCPU(), names)
	if err != nil {
		t.Fatal(err)
	}
	if err := Available(events[0]); err != nil {
		t.Skip(err)
	}
	set := Open([]int{os.Getpid()}, events)
	defer set.Close()
	before := set.Read()
	const pages = 1000
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: a thread of its own
		memory, err := unix.Mmap(-1, 0, pages*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err == nil {
			_ = unix.Madvise(memory, unix.MADV_NOHUGEPAGE)
			for i := range pages {
				memory[i*os.Getpagesize()] = 1
			}
			err = unix.Munmap(memory)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	now := set.Read()
	faults := now[0].Since(before[0])
	if n := faults.Total().Count; faults.Err != nil || n < pages {
		t.Errorf("%d page faults (%v), at least %d happened", n, faults.Err, pages)
	}
	if n, ok := now[1].Total().Scaled(); now[1].Err == nil && !ok {
		t.Errorf("r04d3: %v without a reason", n)
	}
	if err := now[1].Err; err != nil && !errors.Is(err, ErrUnavailable) {
		t.Errorf("r04d3: %v", err)
	}
}

// TestLinks: units are found in sysfs, whatever their number, on a CPU of each
// socket.
func TestLinks(t *testing.T) {
	root := t.TempDir()
	for _, f := range []struct{ unit, file, text string }{
		{"uncore_upi_0", "type", "31\n"},
		{"uncore_upi_0", "cpumask", "0,28\n"},
		{"uncore_upi_1", "type", "32\n"},
		{"uncore_upi_1", "cpumask", "0,28\n"},
		{"cpu", "type", "4\n"},
	} {
		if err := os.MkdirAll(filepath.Join(root, f.unit), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f.unit, f.file), []byte(f.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	links, err := linksIn(root, CPU{intel, 6, 0x55})
	if err != nil {
		t.Fatal(err)
	}
	if len(links) != 2*2*3 {
		t.Fatalf("%d counts of 2 units on 2 sockets, want 3 each: %+v", len(links), links)
	}
	if l := links[0]; l.Unit != "uncore_upi_0" || l.CPU != 0 || l.Event.Type != 31 || l.Event.Config != 0x0f02 || !l.Event.Untested {
		t.Errorf("%+v", l)
	}
	if links, err := linksIn(root, CPU{amd, 0x19, 1}); err != nil || len(links) != 0 {
		t.Errorf("AMD: %v, %v", links, err)
	}
	if err := os.WriteFile(filepath.Join(root, "uncore_upi_1", "type"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := linksIn(root, CPU{intel, 6, 0x55}); err == nil {
		t.Error("a damaged unit is accepted")
	}
}
