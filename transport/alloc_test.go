package transport

import (
	"testing"
	"time"
)

// TestHotPathsDoNotAllocate: garbage in one kernel process makes all others
// wait behind its collector.
func TestHotPathsDoNotAllocate(t *testing.T) {
	a, b := newPair(t, 64, 64, 0)
	var w Line
	var s Slot
	var bell Bell
	var count Counter
	// All stages of a wait, and few yields: on a busy CPU each costs milliseconds.
	stages := Policy{Spins: 4, Yields: 4, SleepMax: time.Microsecond}
	waiter := NewWaiter(&stages)
	for name, f := range map[string]func(){
		"message there and back": func() {
			for _, end := range [][2]*Channel{{a, b}, {b, a}} {
				if !end[0].Credit(3) {
					t.Fatal("no credit")
				}
				fillMessage(end[0], 1, 3)
				end[0].Send(3)
				if p := end[1].Receive(); p == nil || end[1].Part(2) == nil {
					t.Fatal("lost")
				}
				end[1].Release(3)
			}
		},
		"messages one way, acknowledged": func() {
			for range 64 {
				if a.Receive(); !a.Credit(1) {
					t.Fatal("no credit")
				}
				a.Fill(0)[0] = 1
				a.Send(1)
				b.Receive()
				b.Release(1)
			}
		},
		"slot": func() {
			s.Fill()[3] = 4
			s.Publish(s.Header() + 1)
			if s.Read()[3] != 4 {
				t.Fatal("lost")
			}
		},
		"word": func() {
			w.Store(w.Load() + 1)
			w.CompareAndSwap(w.Swap(3), 4)
		},
		"bell": func() {
			bell.Ring()
			ticket := bell.Announce()
			bell.Ring()
			bell.Sleep(ticket, 1)
		},
		"waiting": func() {
			waiter.Reset()
			for range 16 {
				waiter.Wait(&w.Word, w.Load()+1)
			}
		},
		"counter": func() { count.Add(1) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
