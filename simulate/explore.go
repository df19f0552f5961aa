//go:build !nrkern_nohook

package simulate

import (
	"context"
	"fmt"
)

// Exploration tries every schedule of a small scenario within bounds: a core
// runs until it must wait, but at most Preemptions times another takes its place
// before an access (context bounding: Musuvathi, Qadeer, PLDI 2007), and kernels
// die at most as often as the scenario says, at any access. Who goes on when a
// core must wait is tried in all ways. Stores leave their buffer at once, but at
// a preemption or a death any number of the latest stay behind, until their core
// goes on, or for ever.
type Exploration struct {
	Scenario
	Seed        uint64 // draws the operations; what of the scenario is zero is small
	Preemptions int
	// Limit is the largest number of schedules to try; 0 for no limit.
	Limit int
	// Whole tries every schedule to its end; else one that comes to a state where
	// another was, with as much that may still happen, ends there (see trail.go).
	Whole bool
	// outcome, if it is set, is told of every run that came to its end, and no failure
	// ends the exploration.
	outcome func(r *run)
}

// maxPreemptions bounds an exploration: each multiplies the number of schedules
// by hundreds.
const maxPreemptions = 4

// Explored is what an exploration did and found.
type Explored struct {
	Report
	// Complete says that there are no more schedules within the bounds.
	Complete bool `json:"complete"`
	// Pruned counts the schedules that came where another had been and ended there.
	Pruned int `json:"pruned_schedules"`
}

// Run explores until something is found, or all is tried, or the limit is
// reached, or ctx ends.
func (e Exploration) Run(ctx context.Context) (*Explored, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if e.Preemptions < 0 || e.Preemptions > maxPreemptions {
		return nil, fmt.Errorf("%w: %d preemptions: want 0 to %d", ErrScenario, e.Preemptions, maxPreemptions)
	}
	if e.Stops > 0 {
		return nil, fmt.Errorf("%w: a kernel that stops is one that is preempted: ask for no stops", ErrScenario)
	}
	e.Exact = true
	drawn := e.drawn(e.Seed)
	seg := segments{}
	out := new(Explored)
	d := &explorer{whole: e.Whole, been: map[position]budget{}}
	for {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		d.begin(e.Preemptions, e.Deaths)
		r, err := seg.execute(drawn, e.Seed, func(r *run) strategy {
			r.machine.hashed, r.machine.explorer = !e.Whole, d
			return d
		}, false)
		if err != nil {
			return out, err
		}
		if r.machine.pruned {
			out.Pruned++
		} else if e.outcome != nil {
			e.outcome(r)
		}
		out.add(r)
		if f := r.machine.failure; f != nil && e.outcome == nil {
			out.Found = &Found{Failure: *f, Run: out.Schedules, Seed: e.Seed, Scenario: drawn, Schedule: r.machine.record.String()}
			err := seg.shrink(out.Found, r.machine.record)
			out.Found.Command = Search{Scenario: e.Scenario}.command(e.Seed, out.Found.Shrunk)
			return out, err
		}
		if !d.backtrack() {
			out.Complete = true
			return out, nil
		}
		if out.Schedules == e.Limit {
			return out, nil
		}
	}
}

// explorer is the strategy of one schedule of an exploration: the choices of the
// path, then the first of each.
type explorer struct {
	path        []branch
	at          int
	preemptions int // left
	deaths      int
	// then is what follows the action that was chosen.
	then    []action
	options []option
	whole   bool
	been    map[position]budget
}

// position is where an exploration has a choice: the machine's state, and whose
// turn it is.
type position struct {
	state   uint64
	current int32
	asleep  uint32
}

// budget is what may still happen.
type budget struct{ preemptions, deaths int8 }

// branch is a choice of a path.
type branch struct {
	taken, of int
	seen      bool // the access of its first option: see sleep.go
}

// option is one way to go on: actions, and what it costs.
type option struct {
	actions  [2]action
	n        int
	preempts bool
	kills    bool
}

func (d *explorer) begin(preemptions, deaths int) {
	d.at, d.preemptions, d.deaths, d.then = 0, preemptions, deaths, d.then[:0]
}

// backtrack turns to the next path, and reports whether there is one.
func (d *explorer) backtrack() bool {
	for n := len(d.path); n > 0; n-- {
		if b := &d.path[n-1]; b.taken+1 < b.of {
			b.taken++
			d.path = d.path[:n]
			return true
		}
	}
	return false
}

func (d *explorer) next(m *Machine) action {
	if len(d.then) > 0 {
		a := d.then[0]
		d.then = d.then[1:]
		return a
	}
	d.options = d.options[:0]
	d.list(m)
	if !d.whole && len(d.options) > 1 && d.at == len(d.path) && d.wasHere(m) {
		m.pruned = true
		return action{}
	}
	taken := d.choose(len(d.options))
	o := &d.options[taken]
	if c := m.current; c != nil && taken == 0 && len(d.options) > 1 {
		c.branch = d.at
	}
	if o.preempts {
		d.preemptions--
		if c := m.current; !d.whole && c.runnable() {
			m.fallAsleep(c, d.path[d.at-1].seen)
		}
	}
	if o.kills {
		d.deaths--
	}
	if o.n == 2 {
		d.then = append(d.then[:0], o.actions[1])
	}
	return o.actions[0]
}

// wasHere reports whether an earlier schedule came to the same choice with as much
// left, so that all that can follow was tried.
func (d *explorer) wasHere(m *Machine) bool {
	at, left := position{m.state(), -1, m.sleeping()}, budget{int8(d.preemptions), int8(d.deaths)}
	if m.current != nil {
		at.current = int32(m.current.id)
	}
	if been, ok := d.been[at]; ok {
		if been.preemptions >= left.preemptions && been.deaths >= left.deaths {
			return true
		}
		if been.preemptions > left.preemptions || been.deaths > left.deaths {
			return false // neither says all: the one that is known stays
		}
	}
	d.been[at] = left
	return false
}

// choose takes the path's choice among so many.
func (d *explorer) choose(of int) int {
	if of == 1 {
		return 0
	}
	if d.at == len(d.path) {
		d.path = append(d.path, branch{of: of})
	}
	b := d.path[d.at]
	d.at++
	return b.taken
}

// list lists the ways to go on, the one without cost first.
func (d *explorer) list(m *Machine) {
	c := m.current
	if c != nil && c.runnable() {
		d.add(option{actions: [2]action{{kind: actRun, who: c.id}}, n: 1})
		// An access to what words protect, or a poll, commutes with all that
		// others do until the core's next access to a word.
		if preemptible(c.about) {
			d.preempt(m, c)
		}
		return
	}
	if c != nil && c.state != dead && len(c.buffer) > 0 {
		d.add(option{actions: [2]action{{kind: actDrain, who: c.id, count: len(c.buffer)}}, n: 1})
		d.preempt(m, c)
		return
	}
	for _, other := range m.cores {
		if other.runnable() {
			d.add(option{actions: [2]action{{kind: actRun, who: other.id}}, n: 1})
		}
	}
	d.kills(m, c)
}

func preemptible(a access) bool { return a != accessTouch && a != accessPause }

// preempt lists who may take a core's place, and the deaths that may come.
func (d *explorer) preempt(m *Machine, c *core) {
	if d.preemptions > 0 {
		for _, other := range m.cores {
			if other != c && other.runnable() {
				d.leave(c, action{kind: actRun, who: other.id}, true)
			}
		}
	}
	d.kills(m, c)
}

func (d *explorer) add(o option) { d.options = append(d.options, o) }

// leave lists an action after each number of stores that may have left a core's
// buffer.
func (d *explorer) leave(c *core, a action, preempts bool) {
	for k := range len(c.buffer) + 1 {
		o := option{preempts: preempts, kills: a.kind == actKill, n: 1}
		if k > 0 {
			o.actions[0], o.n = action{kind: actDrain, who: c.id, count: k}, 2
		}
		o.actions[o.n-1] = a
		d.add(o)
	}
}

// kills lists the deaths that may come now.
func (d *explorer) kills(m *Machine, c *core) {
	if d.deaths == 0 {
		return
	}
	for node := range m.cores[len(m.cores)-1].node + 1 {
		kill := action{kind: actKill, who: node}
		switch {
		case !m.lives(node):
		case c != nil && c.node == node && c.state != dead:
			d.leave(c, kill, false)
		default:
			d.add(option{actions: [2]action{kill}, n: 1, kills: true})
		}
	}
}

// lives reports whether a node has a core that may still do something.
func (m *Machine) lives(node int) bool {
	for _, c := range m.cores {
		if c.node == node && c.state != dead && (c.state != ended || len(c.buffer) > 0) {
			return true
		}
	}
	return false
}
