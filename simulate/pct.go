//go:build !nrkern_nohook

package simulate

import "github.com/nrkern/nrkern/workload"

// pct gives every core, and every store buffer, a random priority, runs the
// highest that can run, and lowers priorities at a few random steps: it finds
// a fault that needs d of them to fall right with a probability of at least
// 1/(n k^(d-1)) for n cores and k steps (Burckhardt et al., ASPLOS 2010).
type pct struct {
	random   workload.Random
	priority []int // of core i at 2i, of its buffer at 2i+1; the higher first
	changes  []uint64
	lowest   int
	highest  int
	planned  faults
	// Cores that poll, or wake each other, would keep the others from running
	// for ever: whoever could have run for patience steps gets a turn.
	ran     []uint64
	drained []uint64
}

const patience = 1500

func newPCT(seed uint64, cores, depth int, length uint64, f faults) *pct {
	p := &pct{random: workload.NewRandom(seed, 3), planned: f}
	p.ran, p.drained = make([]uint64, cores), make([]uint64, cores)
	for range 2 * cores {
		p.priority = append(p.priority, len(p.priority)+1)
	}
	p.highest = len(p.priority)
	for i := range p.priority {
		j := i + int(p.random.Below(uint64(len(p.priority)-i)))
		p.priority[i], p.priority[j] = p.priority[j], p.priority[i]
	}
	for range depth {
		p.changes = append(p.changes, p.random.Below(length))
	}
	return p
}

func (p *pct) next(m *Machine) action {
	if a, due := p.planned.next(m); due {
		return a
	}
	best, priority := -1, 0
	for i, c := range m.cores {
		if c.runnable() && (best < 0 || p.priority[2*i] > priority) {
			best, priority = 2*i, p.priority[2*i]
		}
		if len(c.buffer) > 0 && c.state != dead && (best < 0 || p.priority[2*i+1] > priority) {
			best, priority = 2*i+1, p.priority[2*i+1]
		}
	}
	// Nor may a store stay in its buffer for ever: a core that has ended does
	// nothing more that would drain it.
	for i, c := range m.cores {
		if len(c.buffer) == 0 || c.state == dead {
			p.drained[i] = m.steps
		} else if m.steps-p.drained[i] > patience {
			p.drained[i] = m.steps
			return action{kind: actDrain, who: i, count: 1}
		}
	}
	if best&1 != 0 {
		p.drained[best/2] = m.steps
		return action{kind: actDrain, who: best / 2, count: 1}
	}
	for i, c := range m.cores {
		if !c.runnable() {
			p.ran[i] = m.steps
		} else if m.steps-p.ran[i] > patience && 2*i != best {
			p.highest++
			p.priority[2*i] = p.highest
			best = 2 * i
		}
	}
	p.ran[best/2] = m.steps
	lower := false
	for i, at := range p.changes {
		if at == m.steps {
			p.changes[i] = ^uint64(0)
			lower = true
		}
	}
	if lower {
		p.lowest--
		p.priority[best] = p.lowest
		if p.random.Below(2) == 0 { // its buffer may lag even further
			p.lowest--
			p.priority[best+1] = p.lowest
		}
	}
	return action{kind: actRun, who: best / 2}
}
