//go:build !nrkern_nohook

package simulate

// Sleep sets (Godefroid, "Partial-order methods", 1996). An exploration first lets
// a core make its access; then it has others take the core's place before it. If
// then nothing that they do conflicts with the access until the core's turn comes
// again, all that follows has been tried: with the access first, then the others.
// That took as many preemptions or fewer. So the access sleeps, until something that
// conflicts with it stirs it; and a run in which it is made asleep is pruned.
//
// What the core has in its buffer is part of the access: who takes its place after
// it may find any of that drained, but only then.

// touch is a part of what an access touches.
type touch struct {
	about *subject
	write bool
}

// fallAsleep puts the access to sleep that a core is about to make. Whether it is
// seen by a watcher or a judge, it has shown when it was made.
func (m *Machine) fallAsleep(c *core, seen bool) {
	if c.at == nil || c.about == accessFence {
		return
	}
	write := c.about == accessSwap || c.about == accessCompareAndSwap
	c.sleep = append(c.sleep[:0], touch{&c.at.subject, write})
	for i := range c.buffer {
		c.sleep = append(c.sleep, touch{&c.buffer[i].place.subject, true})
	}
	for _, p := range c.held {
		c.sleep = append(c.sleep, touch{&p.subject, false})
	}
	c.seen = seen
	if !c.asleep {
		c.asleep = true
		m.sleepers++
	}
}

// stir wakes the accesses that conflict with what a core does.
func (m *Machine) stir(by *core, about *subject, write bool) {
	if m.sleepers == 0 {
		return
	}
	for _, c := range m.cores {
		if !c.asleep || c == by {
			continue
		}
		for _, t := range c.sleep {
			if t.about == about && (write || t.write) {
				c.asleep = false
				m.sleepers--
				break
			}
		}
	}
}

// stirSeen wakes the accesses that are seen by who watches several places, or judges
// the history, because another is: such a watcher may see any two in another order.
func (m *Machine) stirSeen(by *core) {
	if by.branch > 0 {
		m.explorer.path[by.branch-1].seen = true
	}
	if m.sleepers == 0 {
		return
	}
	for _, c := range m.cores {
		if c.asleep && c.seen && c != by {
			c.asleep = false
			m.sleepers--
		}
	}
}

// stirAll wakes all.
func (m *Machine) stirAll() {
	for _, c := range m.cores {
		c.asleep = false
	}
	m.sleepers = 0
}

// sleeping returns whose accesses sleep, a bit each.
func (m *Machine) sleeping() (cores uint32) {
	if m.sleepers == 0 {
		return 0
	}
	for i, c := range m.cores {
		if c.asleep {
			cores |= 1 << i
		}
	}
	return cores
}
