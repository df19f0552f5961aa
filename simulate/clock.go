//go:build !nrkern_nohook

package simulate

// A machine that counts has no strategy: each core has a clock, and the one
// whose clock shows the least runs, until it is a lead ahead of the next.

// tick is a step of a counting machine: the access that the running core makes
// now.
func (m *Machine) tick(c *core, a access) {
	if m.halted {
		panic(unwind{})
	}
	if c.time > m.until {
		m.turn(c)
	}
	c.about = a
	m.steps++
	c.accesses++
	if m.steps > m.limit {
		m.fail(FailureEndless, "no end after %d steps:\n%s", m.steps, m.describe())
		m.halted = true
		panic(unwind{})
	}
}

// turn gives the core that is farthest behind its turn, and returns when it is
// this one's again.
func (m *Machine) turn(c *core) {
	if m.pickEarliest() != c {
		c.giveWay()
		if m.halted {
			panic(unwind{})
		}
	}
}

// pickEarliest chooses the core that runs next, nil if none can, and how long.
func (m *Machine) pickEarliest() *core {
	for {
		var first *core
		second := ^uint64(0) - lead
		for _, c := range m.cores {
			switch {
			case c.state != ready:
			case first == nil:
				first = c
			case c.time < first.time:
				second = min(second, first.time)
				first = c
			default:
				second = min(second, c.time)
			}
		}
		if first != nil {
			m.current, m.until = first, second+lead
			return first
		}
		if m.over() || !m.endNaps() {
			m.current = nil
			return nil
		}
	}
}

// woken is told of a core that can run again while another is running. It is not
// to lose a lead: who unlocks would always be the next to lock.
func (m *Machine) woken(c *core) { m.until = min(m.until, c.time) }
