package channel

import (
	"errors"
	"testing"

	"github.com/nrkern/nrkern/experiments/experiment"
)

// alternate lets the ends of a talk take turns until n messages were counted.
func alternate(t *testing.T, k *talk, steps [2]func(*end) (uint64, error), counted int, n uint64) {
	t.Helper()
	for got, turns := uint64(0), 0; got < n; turns++ {
		if turns > 1_000_000 {
			t.Fatalf("%d of %d messages after a million turns", got, n)
		}
		for who, step := range steps {
			m, err := step(&k.ends[who])
			if err != nil {
				t.Fatal(err)
			}
			if who == counted {
				got += m
			}
		}
	}
}

// TestTalks: under each flow control round trips, a stream, and many channels go
// on through several laps of the rings, in order.
func TestTalks(t *testing.T) {
	for _, c := range controls() {
		for _, p := range []point{{"round-trip", 1, 4, 1}, {"round-trip", 16, 32, 1}, {"polled", 1, 8, 50}} {
			k, err := newTalk(c, p.ring, p.window, p.channels)
			if err != nil {
				t.Fatal(err)
			}
			alternate(t, k, [2]func(*end) (uint64, error){k.ask, k.answer}, 0, 1000)
			if lines := k.crossed(c); lines < 2000 {
				t.Errorf("%s %v: %d lines for 1000 messages there and back", c.name, p, lines)
			}
		}
		k, err := newTalk(c, 8, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		alternate(t, k, [2]func(*end) (uint64, error){k.send, k.receive}, 1, 1000)
	}
	if _, err := newTalk(controls()[0], 3, 1, 1); err == nil {
		t.Error("a ring of 3 slots was opened")
	}
}

// TestWrongMessage: a message that comes out of order is found out.
func TestWrongMessage(t *testing.T) {
	k, err := newTalk(controls()[0], 8, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	k.ends[0].next = 7
	if _, err := k.send(&k.ends[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := k.receive(&k.ends[1]); !errors.Is(err, experiment.ErrWrongAnswer) {
		t.Errorf("got %v, want ErrWrongAnswer", err)
	}
}
