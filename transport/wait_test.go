package transport

import (
	"testing"
	"time"
)

// TestWaiterStages counts turns through the stages of a policy. Its longest
// sleep is longer than the test may take: a Wait that sleeps on a word that has
// changed hangs.
func TestWaiterStages(t *testing.T) {
	for _, test := range []struct {
		name string
		p    Policy
	}{
		{"spin and yield", Policy{Spins: 3, Yields: 2, SleepMax: time.Hour}},
		{"no spin", Policy{Yields: 2, SleepMax: time.Hour}},
		{"no yield", Policy{Spins: 2, SleepMax: time.Hour}},
		{"sleep at once", Policy{SleepMax: time.Hour}},
		{"goroutines", Policy{Spins: 2, Yields: 3, SleepMax: time.Hour, Goroutines: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, turn := range map[string]func(w *Waiter){
				"pause": func(w *Waiter) { w.Pause() },
				"wait":  func(w *Waiter) { w.Wait(&Word{v: 1}, 0) }, // changed already
			} {
				w := NewWaiter(&test.p)
				for round := range 2 {
					for turns := range 2*(test.p.Spins+test.p.Yields) + 100 {
						if want := turns >= test.p.Spins+test.p.Yields; w.Sleepy() != want {
							t.Fatalf("%s, round %d: Sleepy is %v after %d turns", name, round, !want, turns)
						}
						if want := turns > test.p.Spins; w.Patient() != want {
							t.Fatalf("%s, round %d: Patient is %v after %d turns", name, round, !want, turns)
						}
						turn(&w)
					}
					w.Reset()
				}
			}
		})
	}
}

// TestWaitEndsByTime: nobody rings, and the word does not change.
func TestWaitEndsByTime(t *testing.T) {
	w := NewWaiter(&Policy{SleepMax: time.Millisecond})
	var word Word
	for range 40 { // through all lengths of sleep
		w.Wait(&word, 0)
	}
}

// TestWaitWakes: a change and a wake end a sleep.
func TestWaitWakes(t *testing.T) {
	p := Policy{SleepMax: patience}
	var word Word
	done := make(chan struct{})
	go func() {
		defer close(done)
		for w := NewWaiter(&p); word.Load() == 0; {
			w.Wait(&word, 0)
		}
	}()
	word.Store(1)
	for {
		futexWake(&word, 1)
		select {
		case <-done:
			return
		default:
			osYield()
		}
	}
}

func TestPolicies(t *testing.T) {
	if PolicyFor(true) != &Dedicated || PolicyFor(false) != &Oversubscribed {
		t.Error("PolicyFor chooses another policy")
	}
	for p, want := range map[*Policy]string{
		&Dedicated:      "dedicated: spin 64, yield 256, sleep 1ms",
		&Oversubscribed: "oversubscribed: spin 1, yield 256, sleep 1ms",
		&Goroutines:     "goroutines: spin 16, yield 256, sleep 1ms",
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
