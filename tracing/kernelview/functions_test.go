package kernelview

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing/privilege"
)

// The beginnings of Linux's functions can be attached to where Linux was built
// for it: in the guest it is.
func TestFunctionsByFentry(t *testing.T) { countShootdowns(t, fentry) }

func TestFunctionsByKprobe(t *testing.T) { countShootdowns(t, kprobe) }

// countShootdowns unmaps a page that is in the TLBs of two CPUs until that was
// seen.
func countShootdowns(t *testing.T, k kind) {
	if err := privilege.Check(privilege.BPF, privilege.PerfMon); err != nil {
		t.Skip(err)
	}
	if runtime.NumCPU() < 2 {
		t.Skip("one CPU shoots down nobody's TLB")
	}
	v, err := attachBy(map[int]int{os.Getpid(): 3}, nil, func(_ event, w way) bool { return w.kind == k })
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for _, a := range v.attached {
		if a.name == "tlb_shootdowns" && a.err != nil {
			t.Skipf("this Linux does not let one attach to its functions so: %v", a.err)
		}
	}
	var stop atomic.Bool
	defer stop.Store(true)
	go func() { // a thread of this process on the other CPU, in user mode
		for !stop.Load() {
		}
	}()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		for range 100 {
			memory, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
			if err != nil {
				t.Fatal(err)
			}
			memory[0] = 1
			if err := unix.Munmap(memory); err != nil {
				t.Fatal(err)
			}
		}
		events, err := v.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Name == "tlb_shootdowns" && e.Counts[3] > 0 {
				t.Logf("%d by %s", e.Counts[3], e.Source)
				return
			}
		}
	}
	t.Error("no shootdown was seen")
}
