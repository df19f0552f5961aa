package probe

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// Count has the probes read counters of a thread: files of perf events that
// count that thread on whatever CPU, at most as many as Options.Values.
func (t *Tracer) Count(tid int, files []int) error {
	if t.threads[tid] {
		return nil
	}
	if len(files) > t.values {
		return fmt.Errorf("%d counters for thread %d: the probes read %d", len(files), tid, t.values)
	}
	if t.next+uint32(t.values) > t.counters.MaxEntries() {
		return fmt.Errorf("counters for thread %d: %d threads have some already, and there is no room for more", tid, len(t.threads))
	}
	first := t.next
	for i, fd := range files {
		if err := t.counters.Put(first+uint32(i), uint32(fd)); err != nil {
			return fmt.Errorf("counter %d of thread %d: %w", i, tid, err)
		}
	}
	if err := t.objects.Threads.Update(uint32(tid), first, ebpf.UpdateAny); err != nil {
		return fmt.Errorf("counters of thread %d: %w", tid, err)
	}
	t.next += uint32(t.values)
	t.threads[tid] = true
	return nil
}

// Counted reports whether the probes read counters of a thread.
func (t *Tracer) Counted(tid int) bool { return t.threads[tid] }
