package combining

import (
	"errors"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

func ids(s *Station) (ids []int) {
	for _, t := range s.Threads() {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestJoinWindows(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	for _, window := range []int{0, -1, kernel.MaxWindow + 1, 1 << 20} {
		if th, err := s.Join(window); !errors.Is(err, ErrWindow) || th != nil {
			t.Errorf("a window of %d: %v", window, err)
		}
	}
	for _, window := range []int{1, 3, kernel.MaxWindow} {
		th, err := s.Join(window)
		if err != nil || len(th.Ops) != window || len(th.Results) != window {
			t.Errorf("a window of %d: %v", window, err)
		}
	}
}

func TestJoinAndLeave(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	var threads []*Thread
	for id := range MaxThreads {
		th, err := s.Join(1)
		if err != nil || th.ID != id {
			t.Fatalf("thread %d: %v", id, err)
		}
		threads = append(threads, th)
	}
	if th, err := s.Join(1); !errors.Is(err, ErrTooManyThreads) || th != nil {
		t.Errorf("one too many: %v", err)
	}
	old := s.Threads()
	gone := threads[7]
	if err := s.Leave(gone); err != nil {
		t.Fatal(err)
	}
	if len(old) != MaxThreads || old[7] != gone {
		t.Error("a list that a combiner held was changed")
	}
	if len(s.Threads()) != MaxThreads-1 || s.Thread(7) != nil {
		t.Error("the thread is still there")
	}
	again, err := s.Join(2)
	if err != nil || again.ID != 7 || again == gone || s.Thread(7) != again {
		t.Fatalf("the free place was not given: %+v, %v", again.ID, err)
	}
	if err := s.Leave(gone); err != nil || s.Thread(7) != again {
		t.Errorf("who left already took its successor along: %v", err)
	}
	for _, id := range []int{-1, MaxThreads, 1 << 40} {
		if s.Thread(id) != nil {
			t.Errorf("there is a thread %d", id)
		}
	}
}

func TestLeaveOutstanding(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	th, err := s.Join(2)
	if err != nil {
		t.Fatal(err)
	}
	th.Post(1)
	for _, step := range []func(){
		func() {},
		func() { th.Publish() },
		func() { th.Finish(th.Take()) },
		func() { th.Deliver() },
	} {
		step()
		if err := s.Leave(th); !errors.Is(err, ErrOutstanding) || len(ids(s)) != 1 {
			t.Errorf("left with an outstanding operation: %v, threads %v", err, ids(s))
		}
	}
	if th.Collect() != 1 {
		t.Fatal("lost")
	}
	if err := s.Leave(th); err != nil || len(ids(s)) != 0 {
		t.Errorf("%v, threads %v", err, ids(s))
	}
}

func TestStationLock(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	if !s.TryLock() || s.TryLock() || s.Locked().Load() != 1 {
		t.Fatal("not a lock")
	}
	free := make(chan struct{})
	go func() {
		s.AwaitFree()
		s.Lock()
		defer s.Unlock()
		close(free)
	}()
	select {
	case <-free:
		t.Error("free while locked")
	default:
	}
	s.Unlock()
	<-free
	s.Lock()
	defer s.Unlock()
	if s.TryLock() {
		t.Error("locked twice")
	}
}

func TestRouse(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	if s.Rouse() {
		t.Error("roused whom?")
	}
	s.Rest()
	if !s.Rouse() || s.Rouse() {
		t.Error("a rest ends once")
	}
}
