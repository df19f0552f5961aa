//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/transport"
)

// Machine is a simulated machine: nodes of cores over one memory, and one
// schedule. One runs at a time in a process.
type Machine struct {
	memory   *memory
	cores    []*core
	running  *core // whose coroutine has the CPU; nil before and after the run
	current  *core // whose step is next
	strategy strategy

	ordered  bool // vector clocks
	buffered bool // store buffers
	counted  *directory
	hashed   bool // states: see trail.go
	pruned   bool // the run has come where another was
	history  history
	explorer *explorer
	kernels  int // that may die
	// oneProcess says that all nodes are of one process.
	oneProcess bool
	// Of a machine that counts: when the running core's turn ends, and whether
	// all is over.
	until  uint64
	halted bool
	costs  costs

	steps   uint64
	limit   uint64
	events  uint64 // of histories
	died    int    // kernels
	dead    uint64 // nodes, as bits
	away    uint64 // nodes that were ever passed over, as bits
	napEnds int    // naps that nothing else could end
	naps    napRounds

	// over reports whether nothing is left that should run.
	over    func() bool
	failure *Failure
	record  schedule
	tracing bool
	lines   []string
	// loads and reads tell who watches what cores see.
	loads func(c *core, p *place, v uint64)
	reads func(c *core, p *place)
	// stations are told of all accesses.
	stations []*stationWatch
	killed   func(node int)
	home     int    // node whose memory is set up
	last     string // where every core was at the end
}

// point is the point before an access at which the schedule may let others
// act. When it returns, the running core makes its access.
func (m *Machine) point(c *core, p *place, a access) {
	if m.counted != nil {
		m.tick(c, a)
		return
	}
	if c.state == dead || m.ends() {
		panic(unwind{})
	}
	if len(c.drafts) > 0 {
		m.settle(c)
	}
	c.about = a
	m.leave(c)
	if m.hashed {
		c.step(a)
	}
	m.steps++
	c.accesses++
	c.time++
	if m.steps > m.limit {
		m.fail(FailureEndless, "no end after %d steps:\n%s", m.steps, m.describe())
		panic(unwind{})
	}
	for _, s := range m.stations {
		s.accessed(c, p, a)
	}
}

// leave asks the schedule whose turn it is, and gives way if it is another's.
func (m *Machine) leave(c *core) {
	if m.counted != nil {
		m.turn(c)
		return
	}
	m.pick()
	if m.current != c || m.ends() {
		c.giveWay()
	}
}

// pick lets the strategy act until it has chosen the core that runs next.
func (m *Machine) pick() {
	for !m.ends() {
		if !m.anyRunnable() && !m.revive() {
			m.current = nil
			return
		}
		a := m.strategy.next(m)
		if m.pruned {
			return
		}
		m.record.add(a)
		switch a.kind {
		case actRun:
			m.current = m.cores[a.who]
			return
		case actDrain:
			at := int32(0)
			if m.hashed {
				at = int32(m.explorer.at - 1)
			}
			m.drain(m.cores[a.who], a.count, at)
		case actKill:
			m.kill(a.who)
		case actStop:
			m.stopKernel(a.who, a.count)
		}
	}
}

func (m *Machine) anyRunnable() bool {
	for _, c := range m.cores {
		if c.runnable() {
			return true
		}
	}
	return false
}

// revive is for when no core can run: the time that passes then drains the
// store buffers, ends stops, and ends naps. It reports whether a core can run.
func (m *Machine) revive() bool {
	for _, c := range m.cores {
		if len(c.buffer) > 0 && c.state != dead {
			m.drainAll(c, -1)
			if m.anyRunnable() {
				return true
			}
		}
	}
	for _, c := range m.cores {
		c.stoppedUntil = 0
	}
	if m.anyRunnable() {
		return true
	}
	if m.over() {
		return false
	}
	return m.endNaps()
}

// rouse ends the rest of a core.
func (m *Machine) rouse(c *core) {
	for i, w := range c.waitOn.waiters {
		if w == c {
			c.waitOn.waiters = append(c.waitOn.waiters[:i], c.waitOn.waiters[i+1:]...)
			break
		}
	}
	c.state, c.waitOn = ready, nil
}

// ends reports whether the run is at its end.
func (m *Machine) ends() bool { return m.failure != nil || m.pruned }

// kill kills the kernel of a node: its cores run no more, and what was in
// their store buffers is lost.
func (m *Machine) kill(node int) {
	m.barrier(uint64(node) + 1)
	m.died++
	m.dead |= 1 << node
	for _, c := range m.cores {
		if c.node != node {
			continue
		}
		if c.state == ended {
			m.drainAll(c, -1) // long ago
			continue
		}
		if c.rests() {
			m.rouse(c)
		}
		c.state = dead
		c.buffer = c.buffer[:0]
	}
	if m.tracing {
		m.trace(nil, fmt.Sprintf("the kernel of node %d dies", node), nil, "")
	}
	if m.killed != nil {
		m.killed(node)
	}
}

// stopKernel keeps a node's cores from running for a number of steps, as
// SIGSTOP does. Their stores go on leaving the buffers.
func (m *Machine) stopKernel(node, steps int) {
	for _, c := range m.cores {
		if c.node == node {
			c.stoppedUntil = m.steps + uint64(steps)
		}
	}
	if m.tracing {
		m.trace(nil, fmt.Sprintf("the kernel of node %d stops for %d steps", node, steps), nil, "")
	}
}

// describe says where every core is.
func (m *Machine) describe() string {
	var b strings.Builder
	for _, c := range m.cores {
		fmt.Fprintf(&b, "  %s\n", c.describe())
	}
	return b.String()
}

// run runs the cores to the end of the schedule.
func (m *Machine) run(s strategy) {
	m.strategy = s
	m.choose()
	for m.current != nil && !m.ends() && !m.halted {
		c := m.current
		if c.resume(); c.returned {
			if c.state == ready {
				c.state = ended
			}
			if !m.ends() && !m.halted {
				m.choose()
			}
		}
	}
	m.last = m.describe()
	for _, c := range m.cores {
		if c.state != ended {
			c.state = dead
		}
		if c.thread != nil { // it unwinds
			c.resume()
		}
	}
	m.running = nil
}

func (m *Machine) choose() {
	if m.counted != nil {
		m.pickEarliest()
	} else {
		m.pick()
	}
}

// setUp is the place of a word for an access before the machine runs.
func (m *Machine) setUp(w *transport.Word) *place { return m.memory.at(w, m.home) }

func (m *Machine) setUpStore(w *transport.Word, v uint64) {
	p := m.setUp(w)
	before := *p.word
	*p.word = v
	if p.watch != nil {
		p.watch(commit{place: p, before: before, after: v, exchange: true})
	}
}
