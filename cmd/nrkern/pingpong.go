package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// The host of a small virtual machine moves its CPUs between sibling threads,
// one last-level cache, and far cores, within seconds: a cache line then
// travels in 20 ns or in 200. What one word takes from CPU to CPU and back
// tells which it is.

// court is what the two players share: each word on lines of its own.
type court struct {
	ball transport.Line // odd: to the second player; even: back to the first
	over transport.Line
}

const (
	rally     = 500                   // round trips timed at once
	rallies   = 4                     // the shortest counts: the others were disturbed
	gameLimit = 20 * time.Millisecond // if another program has one of the CPUs
)

// roundTrip measures how long a cache line takes from one CPU to another and
// back, on two threads that end with it.
func roundTrip(one, other int) (time.Duration, error) {
	if one == other {
		return 0, fmt.Errorf("CPU %d: a round trip needs two CPUs", one)
	}
	c := new(court)
	best := time.Duration(0)
	errs := make(chan error, 2)
	play := func(cpu int, game func()) {
		runtime.LockOSThread() // never unlocked, so the thread is not used again
		err := numa.Pin(cpu)
		if err != nil {
			c.over.Swap(1)
		} else {
			game()
		}
		errs <- err
	}
	go play(other, c.giveBack)
	go play(one, func() { best = c.serve() })
	for range 2 {
		if err := <-errs; err != nil {
			return 0, err
		}
	}
	if best == 0 {
		return 0, fmt.Errorf("CPUs %d and %d: no round trip within %v: other programs use them", one, other, gameLimit)
	}
	return best, nil
}

// eager waits as long as a game lasts without giving up the CPU, then yields.
var eager = transport.Policy{Name: "eager", Spins: 1 << 16, Yields: 1 << 16, SleepMax: time.Millisecond}

// giveBack is the second player.
func (c *court) giveBack() {
	for want := uint64(1); ; want += 2 {
		if !c.await(want) {
			return
		}
		c.ball.Store(want + 1)
	}
}

// serve is the first player; it returns the time of a round trip, or 0.
func (c *court) serve() time.Duration {
	defer c.over.Swap(1)
	best, ball := time.Duration(0), uint64(0)
	for start := time.Now(); time.Since(start) < gameLimit && c.over.Load() == 0; {
		began := time.Now()
		for range rally {
			c.ball.Store(ball + 1)
			if ball += 2; !c.await(ball) {
				return best
			}
		}
		if took := time.Since(began) / rally; best == 0 || took < best {
			best = took
		}
		if ball >= 2*rally*rallies {
			break
		}
	}
	return best
}

// await waits for the ball, and reports whether the game goes on.
func (c *court) await(want uint64) bool {
	w := transport.NewWaiter(&eager)
	for c.ball.Load() != want {
		if w.Pause(); w.Patient() && c.over.Load() != 0 {
			return false
		}
	}
	return true
}

// distance is where two CPUs are to each other, judged by a round trip.
type distance string

const (
	notMeasured distance = "not measured"
	siblings    distance = "SMT siblings"
	sameCache   distance = "one last-level cache"
	farApart    distance = "far apart"
)

// distanceOf judges a round trip. Measured so on one host: 40 ns between sibling
// threads, 80 within a last-level cache, 400 across dies or sockets. The limits
// lie between those, as far from each by ratio. Above a microsecond it was
// another program that took the time.
func distanceOf(d time.Duration) distance {
	switch {
	case d == 0, d > time.Microsecond:
		return notMeasured
	case d < 60*time.Nanosecond:
		return siblings
	case d < 180*time.Nanosecond:
		return sameCache
	}
	return farApart
}
