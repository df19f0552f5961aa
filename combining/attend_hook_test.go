//go:build !nrkern_nohook

package combining

import (
	"testing"

	"github.com/nrkern/nrkern/transport"
)

// scripted is a Hook that is the memory, and lets a test act where a core waits.
type scripted struct {
	words map[*transport.Word]uint64
	wait  func(w *transport.Word)
}

func (h *scripted) Load(w *transport.Word) uint64     { return h.words[w] }
func (h *scripted) Store(w *transport.Word, v uint64) { h.words[w] = v }

func (h *scripted) Swap(w *transport.Word, v uint64) uint64 {
	old := h.words[w]
	h.words[w] = v
	return old
}

func (h *scripted) CompareAndSwap(w *transport.Word, old, v uint64) bool {
	if h.words[w] != old {
		return false
	}
	h.words[w] = v
	return true
}

func (h *scripted) Fill(*transport.Slot) *transport.Payload { return new(transport.Payload) }
func (h *scripted) Publish(*transport.Slot, uint64)         {}
func (h *scripted) Read(*transport.Slot) *transport.Payload { return new(transport.Payload) }
func (h *scripted) Wait(w *transport.Word, _ uint64)        { h.wait(w) }
func (h *scripted) Sleep(w *transport.Word, _ uint32)       { h.wait(w) }
func (h *scripted) Nap(*transport.Word, uint64)             {}
func (h *scripted) Pause()                                  {}
func (h *scripted) FenceHeavy()                             {}

// attendScripted runs Attend on the scripted memory until wait has been called
// for each step; a step gets the word that Attend waits on.
func attendScripted(t *testing.T, s *server, steps ...func(w *transport.Word)) {
	t.Helper()
	var stop transport.Word
	h := &scripted{words: map[*transport.Word]uint64{}}
	h.wait = func(w *transport.Word) {
		steps[0](w)
		if steps = steps[1:]; len(steps) == 0 {
			stop.Store(1)
		}
	}
	defer transport.Install(h)()
	if err := Attend(s, &stop, &transport.Goroutines); err != nil {
		t.Error(err)
	}
	if len(steps) != 0 {
		t.Errorf("it did not come to %d steps", len(steps))
	}
}

// TestAttendRests: it sleeps announced and resting, and a thread that begins to
// poll rouses it.
func TestAttendRests(t *testing.T) {
	s := newServer()
	attendScripted(t, s, func(w *transport.Word) {
		if w == s.station.Locked() || !s.bell.Parked() {
			t.Error("it sleeps elsewhere than on its bell")
		}
		if !s.station.Rouse() {
			t.Error("it sleeps without resting")
		}
		if !s.bell.Ring() {
			t.Error("nobody to ring for")
		}
	}, func(*transport.Word) {
		if !s.bell.Parked() || !s.station.Rouse() {
			t.Error("it does not rest again")
		}
	})
}

// TestAttendLetsTheCombinerGo: while a thread combines, Serve does nothing. If
// that thread has passed the work over and does not see that the node rests, only
// a look after it has gone finds the work.
func TestAttendLetsTheCombinerGo(t *testing.T) {
	s := newServer()
	asleep := func(*transport.Word) {
		if s.done.Load() != s.work.Load() {
			t.Error("it sleeps with work to do")
		}
	}
	locked := false
	s.onServe = func() {
		if !locked {
			locked = true
			s.station.Lock()
			s.work.Store(1) // arrives behind the combiner's back
		}
	}
	attendScripted(t, s, func(w *transport.Word) {
		if w != s.station.Locked() {
			t.Error("it does not wait for the combiner")
		}
		s.station.Unlock()
	}, asleep)
}

// TestAttendLeavesPollingThreadsAlone: it neither rests nor announces while
// threads of the node work.
func TestAttendLeavesPollingThreadsAlone(t *testing.T) {
	s := newServer()
	turns := 0
	s.onServe = func() {
		if turns++; turns <= 20 {
			if s.bell.Parked() || s.station.Rouse() {
				t.Errorf("turn %d: announced or resting", turns)
			}
			s.station.Worked()
		}
	}
	attendScripted(t, s, func(*transport.Word) {
		if turns <= 20 {
			t.Errorf("it sleeps after %d turns", turns)
		}
	})
}
