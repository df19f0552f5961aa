package node

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/nrkernel"
)

// watchTick is how often the supervisor looks where the nodes of an nr machine
// stand.
const watchTick = 20 * time.Millisecond

// runnableBudgets is how many stall budgets a kernel has that is not stopped: it
// waits for a CPU that somebody else has, and may move any moment.
const runnableBudgets = 10

// suspect is what the watchdog remembers of a kernel.
type suspect struct {
	child *child
	logs  []nrkernel.Standing // as seen last
	// For how long it has held one reservation, has held up a log without moving,
	// and was stopped while others waited for its answer.
	holds, lags, stopped time.Duration
	named                bool
	condemned            bool // killed: Linux has yet to say so
}

// guard watches over the kernels of an nr machine: one that stays away may not keep
// the others. A laggard is woken, then named, then passed over and rebuilt when it
// is back. One that holds what the others wait for is killed, and another takes its
// place. The last that has the state is left alone.
func (m *Machine) guard() {
	suspects := make([]suspect, len(m.topology.Nodes))
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-m.life.Done():
			return
		case <-tick.C:
		}
		// Time in which this process did not run either is held against nobody.
		passed := min(time.Since(last), 2*watchTick)
		last = time.Now()
		leave, err := m.enter()
		if err != nil {
			continue // booting, or at its end
		}
		for i, c := range m.children() {
			m.look(c, &suspects[i], passed)
		}
		leave()
	}
}

// look looks at one kernel.
func (m *Machine) look(c *child, s *suspect, passed time.Duration) {
	if s.child != c {
		*s = suspect{child: c, logs: make([]nrkernel.Standing, m.logs.Count())}
	}
	if c.gone() || s.condemned {
		return
	}
	budget := m.config.StallBudget
	holds, lags, slots := false, false, uint64(0)
	for i := range s.logs {
		now, was := m.logs.Standing(c.number, i), s.logs[i]
		s.logs[i] = now
		still := now.Applied == was.Applied
		holds = holds || now.Filling != 0 && now.Filling == was.Filling || now.Placing && was.Placing && still
		if now.Member && still && now.Lag > now.Capacity/2 {
			lags, slots = true, max(slots, now.Lag)
		}
	}
	count := func(d *time.Duration, more bool) {
		if *d += passed; !more {
			*d = 0
		}
	}
	count(&s.holds, holds)
	count(&s.lags, lags && !c.busy.Load())
	count(&s.stopped, c.busy.Load() && isStopped(c.process.Pid))
	c.laggard.Store(s.lags >= budget/2)
	if s.lags == 0 {
		s.named = false
	}
	limit := budget
	if most := max(s.holds, s.lags); most >= budget && !isStopped(c.process.Pid) {
		limit *= runnableBudgets
	}
	switch spare := m.donor(c.number) != nil; {
	case (s.holds >= limit || s.stopped >= budget) && spare:
		what := "holds a reservation in the log"
		if s.holds < limit {
			what = "is stopped while another waits for its snapshot"
		}
		m.events.publish(Event{
			Kind: EventStalled, Node: c.number, PID: c.process.Pid,
			Text: fmt.Sprintf("%s %s for longer than %v: it is killed, and another takes its place", c.name(), what, limit),
		})
		c.signal(unix.SIGKILL)
		s.condemned = true
	case s.lags >= limit && spare:
		m.passOver(c)
	case s.lags >= budget/2 && !s.named:
		s.named = true
		m.events.publish(Event{
			Kind: EventLaggard, Node: c.number, PID: c.process.Pid,
			Text: fmt.Sprintf("%s holds up the log: it is %d slots behind, and has not moved for %v", c.name(), slots, budget/2),
		})
		m.logs.Wake(c.number)
	case s.lags >= budget/4:
		m.logs.Wake(c.number)
	}
}

// passOver lets the others go on without a kernel that does not move.
func (m *Machine) passOver(c *child) {
	if !m.recovering.TryLock() {
		return // whoever has it may wait for a kernel that look is to kill
	}
	m.logs.PassOver(c.number)
	m.recovering.Unlock()
	m.events.publish(Event{
		Kind: EventPassedOver, Node: c.number, PID: c.process.Pid,
		Text: fmt.Sprintf("the others go on without %s, which has not moved for %v; it is rebuilt when it is back", c.name(), m.config.StallBudget),
	})
	m.watched.Go(func() { m.recall(c) })
}

// recall rebuilds a kernel that was passed over, when it is back.
func (m *Machine) recall(c *child) {
	ctx, release := m.alive(context.Background())
	defer release()
	// It answers when it is back and all its threads have found out.
	err := m.ask(ctx, c, "Quiesce", struct{}{}, new(reply))
	if c.gone() || m.life.Err() != nil {
		return // whoever watches it sees to that
	}
	began := time.Now()
	c.busy.Store(true)
	defer c.busy.Store(false)
	var from string
	if err == nil {
		err = m.fromSnapshot(ctx, c.number, func(file, what string) error {
			from = what
			return m.ask(ctx, c, "Rejoin", rejoinAsk{File: file}, new(reply))
		})
	}
	if c.gone() || m.life.Err() != nil {
		return
	}
	if err != nil {
		m.log.Warn("a kernel that was passed over could not be rebuilt: another takes its place", zap.Int("node", c.number), zap.Error(err))
		c.signal(unix.SIGKILL)
		return
	}
	m.events.publish(Event{
		Kind: EventRejoined, Node: c.number, PID: c.process.Pid, Elapsed: time.Since(began),
		Text: fmt.Sprintf("back, and rebuilt from %s in %v", from, time.Since(began).Round(time.Millisecond)),
	})
}
