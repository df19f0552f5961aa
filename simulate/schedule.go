//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"strconv"
	"strings"
)

// strategy decides what happens next on a machine.
type strategy interface {
	// next is asked while some core can run.
	next(m *Machine) action
}

// action is a decision of a schedule.
type action struct {
	kind  actionKind
	who   int // core; node for kill and stop
	count int // stores to drain, steps to stop for
}

type actionKind uint8

const (
	actRun actionKind = iota // the core makes its next access
	actDrain
	actKill
	actStop
)

// schedule is the decisions of a run, in order. Runs of one core are one
// action with a count.
type schedule []action

func (s *schedule) add(a action) {
	if a.kind == actRun {
		a.count = 1
		if n := len(*s); n > 0 && (*s)[n-1].kind == actRun && (*s)[n-1].who == a.who {
			(*s)[n-1].count++
			return
		}
	}
	*s = append(*s, a)
}

var actionLetters = [...]string{"c", "d", "k", "s"}

// String writes a schedule as --schedule takes it: "c0x12 d0x1 c1x3 k0" is
// twelve accesses of core 0, one store of its buffer drained, three accesses
// of core 1, and the death of node 0's kernel. After its end, what is steady
// happens; so an empty one is "steady".
func (s schedule) String() string {
	if len(s) == 0 {
		return steadySchedule
	}
	var b strings.Builder
	for i, a := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s%d", actionLetters[a.kind], a.who)
		if a.kind != actKill {
			fmt.Fprintf(&b, "x%d", a.count)
		}
	}
	return b.String()
}

const steadySchedule = "steady"

// maxCount bounds the numbers of a schedule.
const maxCount = 1 << 30

// parseSchedule reads what String writes.
func parseSchedule(text string) (schedule, error) {
	var s schedule
	if text == steadySchedule {
		return nil, nil
	}
	for _, word := range strings.Fields(text) {
		bad := func(want string) error {
			return fmt.Errorf("%w: schedule: %q: want %s", ErrScenario, word, want)
		}
		kind := strings.Index("cdks", word[:1])
		if kind < 0 {
			return nil, bad("a word as c0x12, d0x1, s0x50 or k0")
		}
		who, count, counted := strings.Cut(word[1:], "x")
		a := action{kind: actionKind(kind)}
		var err error
		if a.who, err = strconv.Atoi(who); err != nil || a.who < 0 || a.who > maxCount {
			return nil, bad("the number of a core or node after the letter")
		}
		if counted == (a.kind == actKill) {
			return nil, bad("xCOUNT after all but k")
		}
		if counted {
			if a.count, err = strconv.Atoi(count); err != nil || a.count < 1 || a.count > maxCount {
				return nil, bad("a count from 1 after the x")
			}
		}
		s = append(s, a)
	}
	return s, nil
}

// steady is what happens when a schedule says nothing: the core that runs goes
// on until it must wait, then the next one, by number, that can; buffers drain
// when they must, and when their core waits.
func steady(m *Machine) action {
	c := m.current
	if c != nil && c.runnable() {
		return action{kind: actRun, who: c.id}
	}
	first := 0
	if c != nil {
		first = c.id
		if len(c.buffer) > 0 && c.state != dead {
			return action{kind: actDrain, who: c.id, count: len(c.buffer)}
		}
	}
	for i := range m.cores {
		if n := m.cores[(first+1+i)%len(m.cores)]; n.runnable() {
			return action{kind: actRun, who: n.id}
		}
	}
	panic("simulate: no core can run") // pick asks only if one can
}

// replay follows a schedule, and is steady when that is over. What cannot
// happen, such as a step of a core that waits, it leaves out.
type replay struct {
	left schedule
}

func (r *replay) next(m *Machine) action {
	for len(r.left) > 0 {
		a := r.left[0]
		switch a.kind {
		case actRun:
			if a.who < len(m.cores) && m.cores[a.who].runnable() {
				if r.left[0].count--; r.left[0].count == 0 {
					r.left = r.left[1:]
				}
				return a
			}
		case actDrain:
			if a.who < len(m.cores) && len(m.cores[a.who].buffer) > 0 {
				r.left = r.left[1:]
				a.count = min(a.count, len(m.cores[a.who].buffer))
				return a
			}
		case actKill, actStop:
			r.left = r.left[1:]
			if m.hasNode(a.who) {
				return a
			}
			continue
		}
		r.left = r.left[1:]
	}
	return steady(m)
}

func (m *Machine) hasNode(node int) bool {
	for _, c := range m.cores {
		if c.node == node {
			return true
		}
	}
	return false
}
