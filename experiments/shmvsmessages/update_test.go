package shmvsmessages

import (
	"testing"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// TestService: the server makes each update once, whoever asks, and answers in
// order.
func TestService(t *testing.T) {
	for _, window := range []int{1, 16} {
		s, err := newService(4, 3, window)
		if err != nil {
			t.Fatal(err)
		}
		var updates uint64
		for turns := 0; updates < 1000; turns++ {
			if turns > 1_000_000 {
				t.Fatalf("%d updates after a million turns", updates)
			}
			for who := range 3 {
				n, err := s.step(who)
				if err != nil {
					t.Fatal(err)
				}
				if who > 0 {
					updates += n
				}
			}
		}
		for i := range s.lines {
			if got := s.lines[i].Load(); got != s.served || got < updates {
				t.Errorf("line %d is %d after %d updates served, %d answered", i, got, s.served, updates)
			}
		}
	}
}

// TestShared: with compare-and-swap no update of two threads is lost.
func TestShared(t *testing.T) {
	topology, err := numa.Discover()
	if err != nil {
		t.Fatal(err)
	}
	cpus := topology.Usable()
	cpus = []int{cpus[0], cpus[len(cpus)-1]}
	s := newShared(3, true)
	var updates uint64
	for range 3 {
		r, err := measure.Crew(cpus, measure.Span{Duration: 5 * time.Millisecond}, s.job())
		if err != nil {
			t.Fatal(err)
		}
		updates += r.Operations
	}
	for i := range s.lines {
		if got := s.lines[i].Load(); got != updates {
			t.Errorf("line %d is %d after %d updates", i, got, updates)
		}
	}
}
