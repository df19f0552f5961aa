package transport

import (
	"fmt"
	"runtime"
	"time"
)

// Policy says what a thread does that found nothing to do: first it spins,
// then it yields, then it sleeps. One policy serves a whole machine; it is
// chosen from the topology at start (see PolicyFor).
type Policy struct {
	Name string `json:"name"`
	// Spins is the number of polls with a PAUSE (about 27 ns) before each.
	Spins int `json:"spins"`
	// Yields is the number of polls after that with a sched_yield (650 ns when
	// alone on the CPU) before each.
	Yields int `json:"yields"`
	// SleepMax is the longest sleep between later polls. A sleeper is woken
	// earlier when the word it waits on changes and somebody rings; nobody has
	// to, so this bounds the delay.
	SleepMax time.Duration `json:"sleep_max_ns"`
	// Goroutines says that the threads are goroutines that share CPUs with
	// others of the same process: they yield to the Go scheduler.
	Goroutines bool `json:"goroutines"`
}

// Dedicated is the policy of threads that have a CPU each.
var Dedicated = Policy{Name: "dedicated", Spins: 64, Yields: 256, SleepMax: time.Millisecond}

// Oversubscribed is the policy of threads that share CPUs: whoever is waited
// for may be waiting for this CPU, so spinning only delays it (on the
// prototypes 2 to 30 times, and 500 times for messages between four kernels on
// two cores).
var Oversubscribed = Policy{Name: "oversubscribed", Spins: 1, Yields: 256, SleepMax: time.Millisecond}

// Goroutines is the policy of ordinary goroutines in one process.
var Goroutines = Policy{Name: "goroutines", Spins: 16, Yields: 256, SleepMax: time.Millisecond, Goroutines: true}

// PolicyFor chooses the policy for a machine: dedicated tells whether every
// thread has a CPU of its own.
func PolicyFor(dedicated bool) *Policy {
	if dedicated {
		return &Dedicated
	}
	return &Oversubscribed
}

// String describes the policy for `nrkern status`.
func (p *Policy) String() string {
	return fmt.Sprintf("%s: spin %d, yield %d, sleep %v", p.Name, p.Spins, p.Yields, p.SleepMax)
}

// Waiter carries one thread through the stages of a Policy. Its zero value
// with a policy is ready; Reset starts it anew after success.
type Waiter struct {
	policy *Policy
	turns  int
}

// NewWaiter returns a Waiter at its first stage.
func NewWaiter(p *Policy) Waiter { return Waiter{policy: p} }

// Reset goes back to spinning.
func (w *Waiter) Reset() { w.turns = 0 }

// Patient reports whether the spinning is over: the time for checks that are
// too slow for every poll, such as whether the machine has stopped.
func (w *Waiter) Patient() bool { return Simulated() || w.turns > w.policy.Spins }

// Sleepy reports whether the next Wait would sleep. A thread that waits for more
// than one word, and so cannot sleep on it, calls Pause until it is sleepy, then
// sleeps on a Bell.
func (w *Waiter) Sleepy() bool { return w.turns >= w.policy.Spins+w.policy.Yields }

// Pause spins or yields once, as the policy says.
func (w *Waiter) Pause() {
	w.turns++
	switch {
	case hooked:
		hook.Pause()
	case w.turns <= w.policy.Spins:
		pause()
	default:
		w.yield()
	}
}

// Wait lets some time pass, or returns early when word no longer holds seen.
// The caller loops: it polls, and waits when it found nothing.
func (w *Waiter) Wait(word *Word, seen uint64) {
	w.turns++
	if hooked {
		hook.Wait(word, seen)
		return
	}
	switch over := w.turns - w.policy.Spins; {
	case over <= 0:
		pause()
	case over <= w.policy.Yields:
		w.yield()
	default:
		// Sleeps grow from a sixteenth of the longest, so that a wait just over
		// the yields is not charged a whole one.
		nap := w.policy.SleepMax >> max(0, 4-(over-w.policy.Yields)/4)
		futexWait(word, uint32(seen), nap)
	}
}

// Nap is Wait by a thread that waits for something else too, and relies on the
// sleep to end by itself.
func (w *Waiter) Nap(word *Word, seen uint64) {
	if hooked {
		w.turns++
		hook.Nap(word, seen)
		return
	}
	w.Wait(word, seen)
}

func (w *Waiter) yield() {
	if w.policy.Goroutines {
		runtime.Gosched()
		return
	}
	osYield()
}
