//go:build !nrkern_nohook

package simulate

// napRounds is what a machine remembers while naps end and nothing comes of it.
type napRounds struct {
	events uint64 // of the histories, when the rounds began
	rounds int    // since then, all naps have ended so often
	woken  int    // rounds in a row in which that woke others
	before []uint64
}

// napsInVain is the number of rounds after which naps that end change nothing
// any more.
const napsInVain = 20

// endNaps ends all naps, when no core can run and no other thing can happen. It
// reports whether a core can run. When it has done so often and no operation has
// begun or ended, it tells two cases apart. If whoever napped looked around and
// napped again, and no other core has moved, then no core will ever: they wait
// for ever, which is a deadlock, or is due to a death. If each time others were
// woken too, who now sleep again, it is a live-lock: a failure in any case.
func (m *Machine) endNaps() bool {
	n := &m.naps
	if n.before == nil || n.events != m.events {
		*n = napRounds{events: m.events, before: make([]uint64, len(m.cores))}
	} else if m.wokenByNaps() {
		n.woken++
	} else {
		n.woken = 0
	}
	if n.rounds++; n.rounds > napsInVain {
		if n.woken >= napsInVain/2 {
			m.fail(FailureEndless, "naps that end wake others, who sleep again, %d times in a row, and nothing comes of it:\n%s", n.woken, m.describe())
		}
		return false
	}
	m.barrier(1 << 32)
	for i, c := range m.cores {
		n.before[i] = c.accesses
		if c.state == napping {
			n.before[i] = ^uint64(0)
			m.napEnds++
			m.rouse(c)
		}
	}
	return m.anyRunnable()
}

// wokenByNaps reports whether a core that did not nap has run since naps ended.
func (m *Machine) wokenByNaps() bool {
	for i, c := range m.cores {
		if c.accesses > m.naps.before[i] {
			return true
		}
	}
	return false
}
