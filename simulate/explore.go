//go:build !nrkern_nohook

package simulate

import (
	"context"
	"fmt"
	"time"
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
	// Whole tries every schedule to its end; else of those that come to the same one
	// is tried (see race.go).
	Whole bool
	// Progress, if it is set, is told now and then how far it is.
	Progress func(p Progress)
	// outcome, if it is set, is told of every run that came to its end, and no failure
	// ends the exploration.
	outcome func(r *run)
}

// Progress is how far an exploration is.
type Progress struct {
	Schedules, Pruned int
	Steps             uint64
	// Share is how much of the choices that are known so far has been tried, from 0
	// to 1. It goes back when more become known.
	Share float64
}

// maxPreemptions bounds an exploration: each multiplies the number of schedules.
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
	defer collectLess(200)() // what it remembers grows
	seg := segments{}
	defer seg.close()
	out := new(Explored)
	d := &explorer{whole: e.Whole, been: map[uint64]*spot{}}
	told := time.Now()
	for {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		d.begin(e.Preemptions, e.Deaths)
		r, err := seg.execute(drawn, e.Seed, func(r *run) strategy {
			d.machine = r.machine
			if !e.Whole {
				r.machine.hashed, r.machine.explorer = true, d
			}
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
		if e.Progress != nil && time.Since(told) >= progressEvery {
			told = time.Now()
			e.Progress(Progress{out.Schedules, out.Pruned, out.Steps, d.share()})
		}
	}
}

const progressEvery = 10 * time.Second

// explorer is the strategy of one schedule of an exploration: the choices of the
// path, then the first of each.
type explorer struct {
	machine     *Machine
	path        []branch
	at          int
	preemptions int // left
	deaths      int
	// then is what follows the action that was chosen.
	then    []action
	options []option
	whole   bool
	been    map[uint64]*spot
	// spots are the places in the path of the branches that have one.
	spots []int32
	// turns are those of this schedule so far.
	turns []turnTaken
}

// branch is a choice of a path.
type branch struct {
	taken int
	// options are the ways to go on; nil if core can only go on.
	options []option
	core    int32
	// What it takes to add choices: see race.go.
	buffered int32   // stores in the core's buffer
	others   uint32  // who could take its place, or go on where it cannot, as bits
	chosen   uint32  // who of them does
	kept     []int32 // how many stores have left the buffer, at the preemptions that there are
	node     int8    // the core's
	shown    bool    // others see what the core does now, or has done
	left     budget
	spot     *spot // where a core must wait
}

// option is one way to go on: actions, and what it costs.
type option struct {
	actions  [2]action
	n        int8
	preempts bool
	kills    bool
}

func (d *explorer) begin(preemptions, deaths int) {
	d.at, d.preemptions, d.deaths, d.then, d.turns = 0, preemptions, deaths, d.then[:0], d.turns[:0]
}

// backtrack turns to the next path, and reports whether there is one.
func (d *explorer) backtrack() bool {
	for n := len(d.path); n > 0; n-- {
		b := &d.path[n-1]
		if b.taken+1 < len(b.options) {
			b.taken++
			d.path = d.path[:n]
			for len(d.spots) > 0 && int(d.spots[len(d.spots)-1]) >= n {
				d.spots = d.spots[:len(d.spots)-1]
			}
			return true
		}
	}
	return false
}

// share is how much of the known choices has been tried.
func (d *explorer) share() (done float64) {
	part := 1.0
	for i := range d.path {
		b := &d.path[i]
		if of := float64(len(b.options)); of > 1 {
			done += part * float64(b.taken) / of
			part /= of
		}
	}
	return done
}

func (d *explorer) next(m *Machine) action {
	if len(d.then) > 0 {
		a := d.then[0]
		d.then = d.then[1:]
		return a
	}
	c := m.current
	goesOn := c != nil && c.runnable()
	if goesOn && !preemptible(c.about) {
		return action{kind: actRun, who: c.id}
	}
	if d.at == len(d.path) && !d.grow(m, c) {
		m.pruned = true
		return action{}
	}
	at := d.at
	d.at++
	if goesOn && !d.whole {
		c.points = append(c.points, point{int32(at), c.turn})
	}
	b := &d.path[at]
	if len(b.options) == 0 {
		return action{kind: actRun, who: c.id}
	}
	o := &b.options[b.taken]
	if o.preempts {
		d.preemptions--
		c.cut = goesOn && !d.whole
	}
	if a := &o.actions[o.n-1]; a.kind == actRun && (o.preempts || !goesOn) && !d.whole {
		d.begins(m.cores[a.who], at)
	}
	if o.kills {
		d.deaths--
	}
	if o.n == 2 {
		d.then = append(d.then[:0], o.actions[1])
	}
	return o.actions[0]
}

// grow adds a choice to the path, unless all that can follow was tried.
func (d *explorer) grow(m *Machine, c *core) bool {
	d.options = d.options[:0]
	b := branch{core: -1, left: budget{int8(d.preemptions), int8(d.deaths)}}
	if d.whole {
		d.list(m, c)
	} else if !d.listReduced(m, c, &b) {
		return false
	}
	goesOn := c != nil && c.runnable()
	if !goesOn || len(d.options) > 1 {
		b.options = append(b.options, d.options...)
	}
	if goesOn && c.about == accessFence && !d.whole {
		for k := range b.buffered + 1 { // it drains the buffers of others
			b.preempt(k, anybody)
		}
	}
	d.path = append(d.path, b)
	return true
}

// list lists the ways to go on, the one without cost first.
func (d *explorer) list(m *Machine, c *core) {
	if c != nil && c.runnable() {
		d.add(option{actions: [2]action{{kind: actRun, who: c.id}}, n: 1})
		// An access to what words protect, or a poll, commutes with all that
		// others do until the core's next access to a word.
		d.preempt(m, c)
		return
	}
	if c != nil && c.state != dead && len(c.buffer) > 0 {
		d.add(option{actions: [2]action{{kind: actDrain, who: c.id, count: len(c.buffer)}}, n: 1})
		d.preempt(m, c)
		return
	}
	d.anyone(m)
	d.kills(m, c)
}

// anyone lists who may go on when a core cannot.
func (d *explorer) anyone(m *Machine) {
	for _, c := range m.cores {
		if c.runnable() {
			d.add(option{actions: [2]action{{kind: actRun, who: c.id}}, n: 1})
		}
	}
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
		d.add(leaving(c.id, k, a, preempts))
	}
}

// leaving is an action after so many stores have left a core's buffer.
func leaving(core, stores int, a action, preempts bool) option {
	o := option{preempts: preempts, kills: a.kind == actKill, n: 1}
	if stores > 0 {
		o.actions[0], o.n = action{kind: actDrain, who: core, count: stores}, 2
	}
	o.actions[o.n-1] = a
	return o
}

// kills lists the deaths that may come now.
func (d *explorer) kills(m *Machine, c *core) {
	if d.deaths == 0 {
		return
	}
	for node := range m.kernels {
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
