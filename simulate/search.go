//go:build !nrkern_nohook

package simulate

import (
	"context"
	"fmt"
	"slices"
)

// Strategy is how a search chooses schedules.
type Strategy string

// The strategies.
const (
	// Mixed alternates Random and PCT.
	Mixed Strategy = "mixed"
	// Random changes cores at random.
	Random Strategy = "random"
	// PCT runs the core of the highest priority and lowers a few priorities at
	// random steps.
	PCT Strategy = "pct"
)

// Search is a search for a schedule on which something goes wrong.
type Search struct {
	Scenario
	Strategy Strategy
	// Seed draws the first run; the next runs have the next seeds.
	Seed      uint64
	Schedules int
}

// Report is what a search did and found.
type Report struct {
	Schedules  int    `json:"schedules"`
	Steps      uint64 `json:"steps"`
	Operations int    `json:"operations"`
	Open       int    `json:"open_operations"`
	// Blocked counts the runs after a death in which others wait for the dead
	// one for ever: nothing recovers it yet.
	Blocked int `json:"blocked_after_death"`
	Died    int `json:"deaths"`
	// NapEnds counts naps that nothing but their end could end.
	NapEnds int    `json:"nap_ends"`
	Found   *Found `json:"found"`
}

// Found is a failure and how to see it again.
type Found struct {
	Failure
	// Run is the number of the run that found it, from 1.
	Run      int      `json:"run"`
	Seed     uint64   `json:"seed"`
	Scenario Scenario `json:"scenario"` // as drawn
	// Schedule replays it, Shrunk replays the same kind of failure in fewer
	// decisions.
	Schedule string `json:"schedule"`
	Shrunk   string `json:"shrunk"`
	// Command shows it again.
	Command string   `json:"command"`
	Trace   []string `json:"trace"` // of the shrunk schedule
}

// Run searches until something is found, or all schedules are tried, or ctx
// ends.
func (s Search) Run(ctx context.Context) (*Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	report := new(Report)
	defer collectLess(400)()
	seg := segments{}
	defer seg.close()
	for i := range s.Schedules {
		if ctx.Err() != nil {
			return report, ctx.Err()
		}
		seed := s.Seed + uint64(i)
		drawn := s.Scenario.drawn(seed)
		r, err := seg.execute(drawn, seed, func(r *run) strategy { return s.strategy(r, seed) }, false)
		if err != nil {
			return report, err
		}
		report.add(r)
		if f := r.machine.failure; f != nil {
			report.Found = &Found{Failure: *f, Run: i + 1, Seed: seed, Scenario: drawn, Schedule: r.machine.record.String()}
			err := seg.shrink(report.Found, r.machine.record)
			report.Found.Command = s.command(seed, report.Found.Shrunk)
			return report, err
		}
	}
	return report, nil
}

// command returns what replays a schedule of a seed.
func (s Search) command(seed uint64, schedule string) string {
	return fmt.Sprintf("nrkern check --simulate %s --seed %d --schedule '%s'", s.Scenario, seed, schedule)
}

func (s Search) validate() error {
	if !slices.Contains([]Strategy{Mixed, Random, PCT}, s.Strategy) {
		return fmt.Errorf("%w: strategy %q: want mixed, random or pct", ErrScenario, s.Strategy)
	}
	if s.Schedules < 1 {
		return fmt.Errorf("%w: %d schedules: want 1 or more", ErrScenario, s.Schedules)
	}
	return s.Scenario.Validate()
}

func (r *Report) add(done *run) {
	m := done.machine
	r.Schedules++
	r.Steps += m.steps
	r.Died += m.died
	r.NapEnds += m.napEnds
	if m.pruned {
		return // another run did the rest
	}
	if m.died > 0 && done.left > 0 {
		r.Blocked++
	}
	for _, e := range done.history() {
		r.Operations++
		if !e.Answered {
			r.Open++
		}
	}
	for _, c := range done.callHistory() {
		r.Operations++
		if !c.Answered {
			r.Open++
		}
	}
}

// strategy returns the strategy of one run.
func (s Search) strategy(r *run, seed uint64) strategy {
	length := r.likelySteps()
	f := planFaults(r.Scenario, seed, length)
	if s.Strategy == Random || s.Strategy == Mixed && seed%2 == 0 {
		return newRandom(seed, f)
	}
	return newPCT(seed, len(r.machine.cores), 1+int(seed/2%4), length, f)
}

// likelySteps is about how many steps the run will have: where faults and
// changes of priority may fall.
func (r *run) likelySteps() uint64 {
	return uint64(100 + r.at.steps*r.Operations*r.Clients*r.Nodes + r.Lead)
}

// Replay runs one seed again on a schedule, or, with an empty one, as Run does,
// and returns what it found, and the trace.
func (s Search) Replay(text string) (*Report, []string, error) {
	if err := s.validate(); err != nil {
		return nil, nil, err
	}
	given, err := parseSchedule(text)
	if err != nil {
		return nil, nil, err
	}
	drawn := s.Scenario.drawn(s.Seed)
	seg := segments{}
	defer seg.close()
	r, err := seg.execute(drawn, s.Seed, func(r *run) strategy {
		if text == "" {
			return s.strategy(r, s.Seed)
		}
		return &replay{left: given}
	}, true)
	if err != nil {
		return nil, nil, err
	}
	report, m := new(Report), r.machine
	report.add(r)
	if m.failure != nil {
		schedule := text
		if text == "" {
			schedule = m.record.String()
		}
		report.Found = &Found{
			Failure: *m.failure, Run: 1, Seed: s.Seed, Scenario: drawn,
			Schedule: schedule, Shrunk: schedule, Command: s.command(s.Seed, schedule), Trace: m.lines,
		}
	}
	return report, m.lines, nil
}
