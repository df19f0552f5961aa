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

// patience is how long a test waits for what must happen in the end. It is no
// measure of speed: a loaded machine may take its time.
const patience = time.Minute

// awaitParked waits until the attending thread has announced that it sleeps.
func awaitParked(t *testing.T, s *server) {
	t.Helper()
	for deadline := time.Now().Add(patience); !s.bell.Parked(); time.Sleep(10 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatal("with nothing to do it did not go to sleep")
		}
	}
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
		if round%4 != 0 { // asleep: with nothing to do it comes to that
			awaitParked(t, s)
		}
		s.work.Store(round)
		transport.Fence(&fence)
		if s.bell.Ring() {
			rung++
		}
		w := transport.NewWaiter(&transport.Goroutines)
		deadline := time.Now().Add(patience)
		for seen := s.done.Load(); seen != round; seen = s.done.Load() {
			if w.Patient() && time.Now().After(deadline) {
				t.Fatalf("round %d: served up to %d", round, seen)
			}
			w.Wait(&s.done.Word, seen)
		}
	}
	// A sleeper's nap may end, and another begin, just as the bell is rung.
	if rung < rounds/2 {
		t.Errorf("rung awake %d times of %d, and it was asleep before %d", rung, rounds, rounds*3/4)
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
