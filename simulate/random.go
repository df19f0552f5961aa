//go:build !nrkern_nohook

package simulate

import "github.com/nrkern/nrkern/workload"

// random chooses the next core at random: how often it changes cores, and how
// fast stores leave the buffers, is drawn anew for every run.
type random struct {
	random  workload.Random
	keep    uint64 // of 256: the running core goes on
	drains  uint64 // of 256: a store leaves a buffer
	planned faults
}

func newRandom(seed uint64, f faults) *random {
	r := &random{random: workload.NewRandom(seed, 1), planned: f}
	r.keep = []uint64{0, 128, 220, 245, 252}[r.random.Below(5)]
	r.drains = []uint64{2, 16, 64, 160}[r.random.Below(4)]
	return r
}

func (r *random) next(m *Machine) action {
	if a, due := r.planned.next(m); due {
		return a
	}
	word := r.random.Next()
	if word&255 < r.drains {
		if c := someBuffered(m, &r.random); c != nil {
			return action{kind: actDrain, who: c.id, count: 1}
		}
	}
	if c := m.current; c != nil && word>>8&255 < r.keep && c.runnable() {
		return action{kind: actRun, who: c.id}
	}
	at := int(r.random.Below(uint64(len(m.cores))))
	for i := range m.cores {
		if c := m.cores[(at+i)%len(m.cores)]; c.runnable() {
			return action{kind: actRun, who: c.id}
		}
	}
	return steady(m)
}

// someBuffered returns a random core with stores in its buffer, or nil.
func someBuffered(m *Machine, r *workload.Random) *core {
	at := int(r.Below(uint64(len(m.cores))))
	for i := range m.cores {
		if c := m.cores[(at+i)%len(m.cores)]; len(c.buffer) > 0 && c.state != dead {
			return c
		}
	}
	return nil
}

// faults are the deaths and stops of a run, in order.
type faults []fault

type fault struct {
	kind    actionKind
	node    int
	at      uint64 // step
	count   int    // steps to stop for; stores that leave each buffer before a death, modulo their number
	drained int    // cores whose buffers have been seen to, before a death
}

// next returns the fault that is due.
func (f *faults) next(m *Machine) (action, bool) {
	if len(*f) == 0 || (*f)[0].at > m.steps {
		return action{}, false
	}
	due := &(*f)[0]
	if due.kind == actKill {
		// What leaves the buffers in time leaves first: once for each core.
		for due.drained < len(m.cores) {
			c := m.cores[due.drained]
			due.drained++
			if c.node == due.node && c.state != dead {
				if n := due.count % (len(c.buffer) + 1); n > 0 {
					return action{kind: actDrain, who: c.id, count: n}, true
				}
			}
		}
	}
	*f = (*f)[1:]
	return action{kind: due.kind, who: due.node, count: due.count}, true
}

// planFaults draws the faults of a run whose length is about so many steps.
func planFaults(s Scenario, seed, length uint64) faults {
	r := workload.NewRandom(seed, 2)
	var f faults
	for range s.Stops {
		f = append(f, fault{kind: actStop, node: int(r.Below(uint64(s.Nodes))), at: r.Below(length), count: 1 + int(r.Below(2*length))})
	}
	for range s.Deaths {
		f = append(f, fault{kind: actKill, node: int(r.Below(uint64(s.Nodes))), at: r.Below(length), count: int(r.Below(8))})
	}
	for i := range f { // by step
		for j := i; j > 0 && f[j].at < f[j-1].at; j-- {
			f[j], f[j-1] = f[j-1], f[j]
		}
	}
	return f
}
