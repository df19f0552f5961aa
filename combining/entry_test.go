package combining

import (
	"runtime"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/transport"
)

// TestBias: a thread alone at its station enters without the lock from its
// second visit on, until somebody else has taken it.
func TestBias(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	th, err := s.Join(1)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(light bool) {
		t.Helper()
		if !s.Enter(th) {
			t.Fatal("nobody is the combiner, and it may not be")
		}
		if th.light != light {
			t.Errorf("entered without the lock: %v, want %v", th.light, light)
		}
		if s.TryLock() {
			t.Error("two combiners")
		}
		s.Exit(th)
	}
	enter(false) // it joined, which was a visit
	enter(false) // TryLock took nothing, as the lock was taken
	enter(true)
	enter(false) // TryLock took the bias away
	enter(false)
	enter(true)
	s.Lock()
	if s.Enter(th) {
		t.Error("entered while locked")
	}
	s.Unlock()
	enter(false)

	other, err := s.Join(1)
	if err != nil || th.Sole() || other.Sole() {
		t.Fatalf("two threads, and one is alone: %v", err)
	}
	for range 5 {
		enter(false)
	}
	if err := s.Leave(other); err != nil || !th.Sole() {
		t.Fatalf("the other has left: %v", err)
	}
	enter(false)
	enter(false)
	enter(true)
}

// TestBiasIsLeftAlone: a thread may still be inside when a second one comes and
// finds the bias taken away already.
func TestBiasIsLeftAlone(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	th, err := s.Join(1)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if !s.Enter(th) {
			t.Fatal("nobody is the combiner, and it may not be")
		}
		if !th.light {
			s.Exit(th)
		}
	}
	if !th.light || s.TryLock() || s.TryLock() {
		t.Error("two combiners")
	}
	s.Exit(th)
	if !s.TryLock() {
		t.Error("the thread has left, and nobody may enter")
	}
	s.Unlock()
}

// TestEntryExcludes has a thread alone at its station and others that come by
// change a number that no lock but the station's guards.
func TestEntryExcludes(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	th, err := s.Join(1)
	if err != nil {
		t.Fatal(err)
	}
	const mine, theirs, others = 200_000, 2_000, 2
	number, light := 0, 0
	var all sync.WaitGroup
	all.Go(func() {
		for range mine {
			for !s.Enter(th) {
				runtime.Gosched()
			}
			if number++; th.light {
				light++
			}
			s.Exit(th)
		}
	})
	for range others {
		all.Go(func() {
			for range theirs {
				for !s.TryLock() {
					runtime.Gosched()
				}
				number++
				s.Unlock()
				for range 20 {
					runtime.Gosched()
				}
			}
		})
	}
	all.Wait()
	if want := mine + others*theirs; number != want {
		t.Errorf("%d of %d changes: two were combiner at once", number, want)
	}
	if light == 0 {
		t.Error("the thread never entered without the lock")
	}
}
