package transport

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBellWithoutSleepers(t *testing.T) {
	var b Bell
	if b.Parked() || b.Ring() {
		t.Error("a new bell has a sleeper")
	}
	b.Withdraw(b.Announce())
	if b.Parked() || b.Ring() {
		t.Error("a sleeper that withdrew is still announced")
	}
	ticket := b.Announce()
	if !b.Parked() || !b.Ring() || b.Parked() || b.Ring() {
		t.Error("an announced sleeper was not rung for exactly once")
	}
	b.Sleep(ticket, time.Hour) // it rang since: returns at once
}

// TestBellKeepsOtherSleepers: a sleeper that withdraws, or whose time is over,
// or that was rung for, does not take another's announcement along.
func TestBellKeepsOtherSleepers(t *testing.T) {
	for name, leave := range map[string]func(b *Bell, ticket uint64){
		"withdrawn": func(b *Bell, ticket uint64) { b.Withdraw(ticket) },
		"timed out": func(b *Bell, ticket uint64) { b.Sleep(ticket, time.Nanosecond) },
	} {
		t.Run(name, func(t *testing.T) {
			var b Bell
			first := b.Announce()
			leave(&b, b.Announce())
			if !b.Parked() || !b.Ring() {
				t.Fatal("nobody was rung for: the first sleeper lost its announcement to the second")
			}
			b.Announce()
			leave(&b, first) // after the ring: nothing of its own is left
			if !b.Ring() {
				t.Fatal("nobody was rung for: a sleeper rung for before withdrew the next one's announcement")
			}
		})
	}
}

// TestBellModel compares announcements with a set of tickets.
func TestBellModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bell
		// Near the end of the low half, which must not carry into the high one.
		b.word.Store(uint64(uint32(0) - uint32(rapid.IntRange(0, 3).Draw(t, "rings before the wrap"))))
		type sleeper struct {
			ticket uint64
			rung   bool
		}
		var sleepers []*sleeper
		announced := func() (n int) {
			for _, s := range sleepers {
				if !s.rung {
					n++
				}
			}
			return n
		}
		t.Repeat(map[string]func(*rapid.T){
			"announce": func(t *rapid.T) { sleepers = append(sleepers, &sleeper{ticket: b.Announce()}) },
			"withdraw": func(t *rapid.T) {
				if len(sleepers) == 0 {
					t.Skip("nobody")
				}
				i := rapid.IntRange(0, len(sleepers)-1).Draw(t, "sleeper")
				b.Withdraw(sleepers[i].ticket)
				sleepers = append(sleepers[:i], sleepers[i+1:]...)
			},
			"ring": func(t *rapid.T) {
				if want, got := announced() > 0, b.Ring(); want != got {
					t.Fatalf("Ring reports %v with %d announced", got, announced())
				}
				for _, s := range sleepers {
					s.rung = true
				}
			},
			"": func(t *rapid.T) {
				if want, got := announced() > 0, b.Parked(); want != got {
					t.Fatalf("Parked is %v with %d announced", got, announced())
				}
				for _, s := range sleepers {
					if s.rung {
						b.futexMustNotBlock(t, s.ticket)
					}
				}
			},
		})
	})
}

// futexMustNotBlock fails if a sleeper with an old ticket would sleep.
func (b *Bell) futexMustNotBlock(t *rapid.T, ticket uint64) {
	if uint32(b.word.Load()) == uint32(ticket) {
		t.Fatalf("a sleeper rung for would sleep on: ticket %d", ticket)
	}
}

// rounds is a rendezvous: the ringer publishes a round and rings; each sleeper
// answers it. A lost wake-up leaves a sleeper asleep for its whole patience.
type rounds struct {
	published Line
	answered  [4]Line
	bell      Bell
}

// sleep answers rounds up to the last one.
func (r *rounds) sleep(id int, last uint64) error {
	for done := uint64(0); done < last; {
		if now := r.published.Load(); now != done {
			done = now
			r.answered[id].Store(done)
			continue
		}
		ticket := r.bell.Announce()
		if r.published.Load() != done {
			r.bell.Withdraw(ticket)
			continue
		}
		start := time.Now()
		r.bell.Sleep(ticket, patience)
		if time.Since(start) >= patience && r.published.Load() != done {
			return fmt.Errorf("sleeper %d slept through round %d", id, r.published.Load())
		}
	}
	return nil
}

// ring publishes rounds, each after everybody answered the one before and a
// number of pauses.
func (r *rounds) ring(sleepers int, last uint64, pauses []int) error {
	var fence Word
	for round := uint64(1); round <= last; round++ {
		deadline := time.Now().Add(2 * patience)
		for range pauses[round%uint64(len(pauses))] {
			pause()
		}
		r.published.Store(round)
		Fence(&fence)
		r.bell.Ring()
		for id := range sleepers {
			w := NewWaiter(&Oversubscribed)
			for seen := r.answered[id].Load(); seen != round; seen = r.answered[id].Load() {
				if w.Patient() && time.Now().After(deadline) {
					return fmt.Errorf("sleeper %d is at round %d of %d", id, seen, round)
				}
				w.Wait(&r.answered[id].Word, seen)
			}
		}
	}
	return nil
}

// TestBellLosesNoWakeUp runs sleepers and a ringer under random delays.
func TestBellLosesNoWakeUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sleepers := rapid.IntRange(1, 4).Draw(t, "sleepers")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 200), 1, 20).Draw(t, "pauses")
		var r rounds
		const last = 50
		slept := make(chan error, sleepers)
		for id := range sleepers {
			go func() { slept <- r.sleep(id, last) }()
		}
		err := r.ring(sleepers, last, pauses)
		for range sleepers {
			err = errors.Join(err, <-slept)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

const processRounds = 500

// TestBellProcesses: a futex in the segment wakes a sleeper of another process.
func TestBellProcesses(t *testing.T) {
	var l Layout
	l.Add("rounds", 0, sizeOf[rounds]())
	s := sharedSegment(t, &l)
	r, err := View[rounds](s, "rounds", 0)
	if err != nil {
		t.Fatal(err)
	}
	inChild(t, s, "sleep", func() error { return r.ring(1, processRounds, []int{0, 100, 3000, 10}) })
}

func childSleep(s *Segment) error {
	r, err := View[rounds](s, "rounds", 0)
	if err != nil {
		return err
	}
	return r.sleep(0, processRounds)
}

// TestBellNap: a napper is not announced, and the time ends the nap.
func TestBellNap(t *testing.T) {
	var b Bell
	b.Nap(time.Microsecond)
	if b.Parked() {
		t.Error("a napper is announced")
	}
}
