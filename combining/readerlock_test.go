package combining

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nrkern/nrkern/transport"
)

// TestReaderLockExcludes: readers see no half of a write, and the race detector
// sees that the lock orders them.
func TestReaderLockExcludes(t *testing.T) {
	const readers, writes = 3, 1000
	for name, policy := range map[string]*transport.Policy{"goroutines": &transport.Goroutines, "oversubscribed": &transport.Oversubscribed} {
		t.Run(name, func(t *testing.T) {
			s := NewStation(policy)
			l := NewReaderLock(policy)
			var state [64]int // each entry the same, but during a write
			var over atomic.Bool
			var reads [readers]atomic.Int64
			var all sync.WaitGroup
			for id := range readers {
				if _, err := s.Join(1); err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					last := 0
					for !over.Load() {
						l.RLock(id)
						first := state[0]
						for i := range state {
							if i%16 == 0 { // let a writer in, if the lock does
								runtime.Gosched()
							}
							if v := state[i]; v != first {
								t.Errorf("reader %d: entry %d is %d, the first %d", id, i, v, first)
								over.Store(true)
								break
							}
						}
						l.RUnlock(id)
						if first < last {
							t.Errorf("reader %d: %d after %d", id, first, last)
						}
						last = first
						reads[id].Add(1)
					}
				})
			}
			written := 0
			reading := func() bool { // until each reader has had its part
				for id := range reads {
					if reads[id].Load() < 100 && !over.Load() {
						return true
					}
				}
				return false
			}
			for ; written < writes || reading(); written++ {
				l.Lock(s.Threads())
				for i := range state {
					if i%16 == 0 {
						runtime.Gosched()
					}
					state[i]++
				}
				l.Unlock()
				runtime.Gosched()
			}
			over.Store(true)
			all.Wait()
			if state[0] != written {
				t.Errorf("%d writes, want %d", state[0], written)
			}
		})
	}
}

// TestReaderLockReadersShare: a reader does not keep another out.
func TestReaderLockReadersShare(t *testing.T) {
	l := NewReaderLock(&transport.Goroutines)
	for id := range MaxThreads {
		l.RLock(id)
	}
	for id := range MaxThreads {
		l.RUnlock(id)
	}
	l.Lock(nil)
	l.Unlock()
	l.RLock(0)
	l.RUnlock(0)
}
