package node

import (
	"testing"
	"time"

	"github.com/nrkern/nrkern/check"
)

// TestMemoryIsFlat: what grows is found, in one process that lives and over the
// processes that take each other's place; noise, and what was only made ready in the
// first quarter, is not.
func TestMemoryIsFlat(t *testing.T) {
	const whole = 100 * time.Second
	const mib = 1 << 20
	samples := func(pid func(second int) int, bytes func(second int) int) (all []memorySample) {
		for second := range 100 {
			all = append(all, memorySample{time.Duration(second) * time.Second, pid(second), uint64(bytes(second))})
		}
		return all
	}
	one := func(int) int { return 1 }
	replaced := func(second int) int { return second / 7 }
	for name, c := range map[string]struct {
		samples   []memorySample
		flat      bool
		processes int
	}{
		"nothing":                          {nil, true, 0},
		"one that warms up":                {samples(one, func(s int) int { return 20*mib + min(s, 20)*mib }), true, 1},
		"one that goes up and down":        {samples(one, func(s int) int { return 20*mib + s%5*2*mib }), true, 1},
		"one that grows":                   {samples(one, func(s int) int { return 20*mib + s*mib/2 }), false, 1},
		"others in its place":              {samples(replaced, func(s int) int { return 20*mib + s%7*mib }), true, 15},
		"others in its place, each larger": {samples(replaced, func(s int) int { return 20*mib + s/7*2*mib }), false, 15},
	} {
		r := judgeMemory(c.samples, whole)
		if r.flat != c.flat || r.Processes != c.processes {
			t.Errorf("%s: %+v", name, r)
		}
	}
	hidden := samples(one, func(s int) int { return 20*mib + s*mib/2 }) // among many that do not
	for pid := 2; pid < 6; pid++ {
		hidden = append(hidden, samples(func(int) int { return pid }, func(int) int { return 20 * mib })...)
	}
	if r := judgeMemory(hidden, whole); r.flat || r.Most < 1.5 {
		t.Errorf("one that grows among others: %+v", r)
	}
}

// TestShortSoaks: the memory of a soak of seconds is shown and not judged.
func TestShortSoaks(t *testing.T) {
	grows := []memorySample{{at: leastJudged / 4, pid: 1, bytes: 20 << 20}, {at: leastJudged * 7 / 8, pid: 1, bytes: 40 << 20}}
	l := memoryLog{kernels: grows}
	for whole, want := range map[time.Duration]check.Judgement{leastJudged - 1: check.OK, leastJudged: check.Illegal} {
		m := &soakMachine{report: &SoakMachine{Judgement: check.OK, Memory: l.judge(whole)}}
		r := &SoakReport{Judgement: check.OK}
		if r.worse(m); r.Judgement != want || m.report.Memory.Flat {
			t.Errorf("a soak of %v that grows: %s, %v; want %s", whole, r.Judgement, m.report.Memory, want)
		}
	}
}
