package combining

import (
	"errors"
	"testing"
	"time"

	"github.com/nrkern/nrkern/transport"
)

// server is a node whose work is a number, grown by others.
type server struct {
	bell    transport.Bell
	station *Station
	work    transport.Line
	done    transport.Line
	fail    error
	onServe func()
}

func newServer() *server { return &server{station: NewStation(&transport.Goroutines)} }

func (s *server) Bell() *transport.Bell { return &s.bell }
func (s *server) Station() *Station     { return s.station }

func (s *server) Serve() (bool, error) {
	if s.onServe != nil {
		s.onServe()
	}
	if s.fail != nil {
		return false, s.fail
	}
	if !s.station.TryLock() {
		return false, nil
	}
	defer s.station.Unlock()
	work := s.work.Load()
	if s.done.Load() == work {
		return false, nil
	}
	s.done.Store(work)
	return true, nil
}

// TestAttendServes rings for work, asleep or not, then stops.
func TestAttendServes(t *testing.T) {
	s := newServer()
	var stop, fence transport.Word
	ended := make(chan error)
	go func() { ended <- Attend(s, &stop, &transport.Goroutines) }()
	const rounds = 200
	rung := 0
	for round := uint64(1); round <= rounds; round++ {
		if round%4 != 0 { // asleep, if it ever comes to that
			w := transport.NewWaiter(&transport.Goroutines)
			for range 600 {
				if s.bell.Parked() {
					break
				}
				w.Pause()
			}
		}
		s.work.Store(round)
		transport.Fence(&fence)
		if s.bell.Ring() {
			rung++
		}
		w := transport.NewWaiter(&transport.Goroutines)
		deadline := time.Now().Add(time.Minute)
		for seen := s.done.Load(); seen != round; seen = s.done.Load() {
			if w.Patient() && time.Now().After(deadline) {
				t.Fatalf("round %d: served up to %d", round, seen)
			}
			w.Wait(&s.done.Word, seen)
		}
	}
	if rung == 0 {
		t.Error("it never slept")
	}
	stop.Store(1)
	transport.Fence(&fence)
	s.bell.Ring()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if s.bell.Parked() || s.station.Rouse() {
		t.Error("it ended announced, or resting")
	}
}

// TestAttendFails: an error ends it, at the first look and at the second.
func TestAttendFails(t *testing.T) {
	bad := errors.New("damaged")
	for name, policy := range map[string]transport.Policy{
		"first look":  {Spins: 1 << 30},
		"second look": {},
	} {
		s := newServer()
		calls := 0
		s.onServe = func() {
			if calls++; calls == 2 {
				s.fail = bad
			}
		}
		if err := Attend(s, new(transport.Word), &policy); !errors.Is(err, bad) || calls != 2 {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
		if s.bell.Parked() || s.station.Rouse() {
			t.Errorf("%s: it ended announced, or resting", name)
		}
	}
}
