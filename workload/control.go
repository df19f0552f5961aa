package workload

import (
	"context"
	"time"

	"github.com/nrkern/nrkern/transport"
)

// Control starts and stops the workers of one run. It holds no pointer, so it
// may lie in a segment (transport.View) and serve several processes. The zero
// value is ready; it serves one run.
type Control struct {
	arrived transport.Line
	phase   transport.Line // written three times: the workers poll it from their caches
}

// Phases of a run.
const (
	phaseClosed  = iota // workers gather
	phaseWarmup         // they work and count nothing
	phaseMeasure        // they count
	phaseStop
)

// gatherers wait at the gate: goroutines or locked threads, several a CPU or
// one. They yield for long before they sleep, so that they start together.
var gatherers = transport.Policy{Name: "gate", Spins: 16, Yields: 4096, SleepMax: time.Millisecond, Goroutines: true}

// Arrive says that one more worker is ready, and returns how many are.
func (c *Control) Arrive() int {
	for {
		n := c.arrived.Load()
		if c.arrived.CompareAndSwap(n, n+1) {
			return int(n + 1)
		}
	}
}

// Await waits until the gate opens, or Stop.
func (c *Control) Await() {
	w := transport.NewWaiter(&gatherers)
	for c.phase.Load() == phaseClosed {
		w.Wait(&c.phase.Word, phaseClosed)
	}
}

// Meet waits until n have met here: a start without a conductor. It returns at
// once after Stop.
func (c *Control) Meet(n int) {
	if c.Arrive() == n {
		c.advance(phaseMeasure)
	}
	c.Await()
}

// Stop ends the run, at any time and from anywhere.
func (c *Control) Stop() { c.advance(phaseStop) }

// Stopped reports whether the run was ended.
func (c *Control) Stopped() bool { return c.phase.Load() == phaseStop }

// Measuring reports whether the workers count what they do now.
func (c *Control) Measuring() bool { return c.phase.Load() == phaseMeasure }

// Running reports whether all have met and nobody has ended the run.
func (c *Control) Running() bool {
	p := c.phase.Load()
	return p == phaseWarmup || p == phaseMeasure
}

// advance goes to a phase, never back.
func (c *Control) advance(phase uint64) {
	for {
		p := c.phase.Load()
		if p >= phase || c.phase.CompareAndSwap(p, phase) {
			return
		}
	}
}

// Conduct waits until all workers have arrived, lets them run through warm-up
// and measurement, and stops them: early if ctx ends, whose error it returns,
// or if somebody calls Stop, which a worker that fails does.
func (c *Control) Conduct(ctx context.Context, s Spec, workers int) error {
	defer c.Stop()
	const poll = 200 * time.Microsecond
	for int(c.arrived.Load()) < workers {
		if !c.sleep(ctx, poll) {
			return ctx.Err()
		}
	}
	c.advance(phaseWarmup)
	if s.Warmup > 0 && !c.sleep(ctx, s.Warmup) {
		return ctx.Err()
	}
	c.advance(phaseMeasure)
	c.sleep(ctx, s.Duration)
	return ctx.Err()
}

// sleep sleeps for d and reports whether the run goes on.
func (c *Control) sleep(ctx context.Context, d time.Duration) bool {
	const slice = 10 * time.Millisecond
	for end := time.Now().Add(d); ; {
		if ctx.Err() != nil || c.Stopped() {
			return false
		}
		left := time.Until(end)
		if left <= 0 {
			return true
		}
		timer := time.NewTimer(min(left, slice))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}
