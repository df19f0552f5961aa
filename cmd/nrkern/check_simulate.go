package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/simulate"
)

// searching is the flags of check that are for the simulated machine.
type searching struct {
	scenario  string
	strategy  simulate.Strategy
	schedules int
	schedule  string
	trace     bool
	// preemptions is -1 for schedules by seed.
	preemptions int
}

// searchReport is what `nrkern check --simulate -o json` prints.
type searchReport struct {
	Judgement check.Judgement `json:"judgement"`
	Scenario  string          `json:"scenario"`
	Strategy  string          `json:"strategy"`
	Seed      uint64          `json:"seed"`
	*simulate.Report
	// Preemptions, Complete and Pruned are null where schedules are by seed.
	Preemptions *int  `json:"preemptions"`
	Complete    *bool `json:"complete"`
	Pruned      *int  `json:"pruned_schedules"`
	// Trace is of a run that was replayed and did not fail.
	Trace []string `json:"trace,omitempty"`
}

func (f *searching) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.scenario, "simulate", "", "search schedules of a simulated machine instead: a `SCENARIO`, as nr or multikernel,nodes=3,deaths=1")
	f.strategy = simulate.Mixed
	flags.Var(choice[simulate.Strategy]{&f.strategy, oneOf(simulate.Mixed, simulate.Random, simulate.PCT)}, "strategy", "how schedules are chosen: mixed, random or pct")
	flags.IntVar(&f.schedules, "schedules", 1000, "schedules to search, with --simulate; the first has the seed, the next have the next seeds")
	flags.StringVar(&f.schedule, "schedule", "", "run the seed on this schedule and show the trace, with --simulate")
	flags.IntVar(&f.preemptions, "exhaustive", -1, "with --simulate, try every schedule with at most so many preemptions, and as many deaths as the scenario says, for one seed; --schedules is then a limit, if it is given")
	flags.BoolVar(&f.trace, "trace", false, "run the seed once and show the trace, with --simulate")
	complete(cmd, "simulate", simulate.Structures()...)
	complete(cmd, "strategy", string(simulate.Mixed), string(simulate.Random), string(simulate.PCT))
}

// simulated lists the structures, as the help has room for them.
func simulated() string {
	names := simulate.Structures()
	last, names := names[len(names)-1], names[:len(names)-1]
	half := (len(names) + 1) / 2
	return strings.Join(names[:half], ", ") + ",\n                 " + strings.Join(names[half:], ", ") + " or " + last
}

// conflict says which of the flags that were given does nothing beside the
// others, and what to do, or nothing.
func (f *searching) conflict(given func(name string) bool) string {
	refused := func(why string, names ...string) string {
		for _, n := range names {
			if given(n) {
				return "--" + n + " " + why
			}
		}
		return ""
	}
	switch {
	case f.scenario == "" && given("simulate"):
		return "--simulate: want a SCENARIO, as nr"
	case f.scenario == "":
		return refused("is for the simulated machine: give --simulate SCENARIO too", "schedule", "trace", "exhaustive", "strategy", "schedules")
	}
	if text := refused("is for a running machine: say it in the scenario: nr,operations=20", "operations", "keys", "window", "clients-per-node"); text != "" {
		return text
	}
	if text := refused("is for a running machine: leave it out with --simulate", "histories", "reads", "timeout", "visualize", "kills", "stops"); text != "" {
		return text
	}
	if !given("exhaustive") {
		return ""
	}
	if given("schedules") && f.schedules < 1 {
		return fmt.Sprintf("--schedules %d: want 1 or more, or leave it out to try all", f.schedules)
	}
	return refused("chooses schedules, of which --exhaustive tries all: leave one of them out", "schedule", "trace", "strategy")
}

// run searches, or replays one run.
func (f *searching) run(ctx context.Context, s *session, seed uint64, limited bool) error {
	scenario, err := simulate.ParseScenario(f.scenario)
	if err != nil {
		return err
	}
	search := simulate.Search{Scenario: scenario, Strategy: f.strategy, Seed: seed, Schedules: f.schedules}
	r := &searchReport{Judgement: check.OK, Scenario: scenario.String(), Strategy: string(f.strategy), Seed: seed}
	switch {
	case f.preemptions != -1:
		e := simulate.Exploration{Scenario: scenario, Seed: seed, Preemptions: f.preemptions}
		if limited {
			e.Limit = f.schedules
		}
		e.Progress = func(p simulate.Progress) {
			fmt.Fprintf(s.err, "%s schedules, %s steps; of the choices known so far %.2f %% are tried\n", grouped(p.Schedules), grouped(p.Steps), 100*p.Share)
		}
		var found *simulate.Explored
		if found, err = e.Run(ctx); found != nil {
			r.Report, r.Preemptions, r.Complete = &found.Report, &f.preemptions, &found.Complete
			r.Pruned = &found.Pruned
			r.Strategy = "exhaustive"
		}
	case f.trace || f.schedule != "":
		search.Schedules = 1
		r.Report, r.Trace, err = search.Replay(f.schedule)
	default:
		r.Report, err = search.Run(ctx)
	}
	if err != nil {
		return err
	}
	if r.Found != nil {
		r.Judgement, r.Trace = judgementOf(r.Found), nil
	}
	if err := s.print(result{data: r, table: r.table, csv: r.csv}); err != nil {
		return err
	}
	if found := r.Found; found != nil && r.Judgement == check.Unknown {
		return fmt.Errorf("check: the history of seed %d of %s was not judged in time: ask for fewer operations; to see it again: %s", found.Seed, found.Scenario, found.Command)
	} else if found != nil {
		return fmt.Errorf("check: %w: seed %d of %s: %s; to see it again: %s", errCheck, found.Seed, found.Scenario, found.Failure.Kind, found.Command)
	}
	return nil
}

// judgementOf is unknown where the judge ran out of time: that is no failure, and
// no pass.
func judgementOf(f *simulate.Found) check.Judgement {
	if f.Kind == simulate.FailureUnknown {
		return check.Unknown
	}
	return check.Illegal
}

func (r *searchReport) table(w io.Writer) error {
	lines := r.Trace
	if found := r.Found; found != nil {
		lines = append(found.Trace, "", found.Error(), "scenario as drawn: "+found.Scenario.String(), "schedule, shrunk: "+found.Shrunk)
	}
	lines = append(lines, fmt.Sprintf("%s: %s of %s, %s steps, %s operations (%s open), %s, %s blocked after one",
		r.Judgement, plural(r.Schedules, "schedule"), r.Scenario, grouped(r.Steps), grouped(r.Operations), grouped(r.Open),
		plural(r.Died, "death"), grouped(r.Blocked)))
	if r.Complete != nil {
		line := fmt.Sprintf("%s with at most %s: %s", map[bool]string{true: "all schedules", false: "not all schedules"}[*r.Complete],
			plural(*r.Preemptions, "preemption"), grouped(r.Schedules))
		if *r.Pruned > 0 {
			line += fmt.Sprintf(", of which %s were pruned where another had been", grouped(*r.Pruned))
		}
		lines = append(lines, line)
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

func (r *searchReport) csv() [][]string {
	return [][]string{
		{"judgement", "scenario", "seed", "schedules", "steps", "operations", "open_operations", "deaths", "blocked_after_death"},
		{
			string(r.Judgement), r.Scenario, strconv.FormatUint(r.Seed, 10), strconv.Itoa(r.Schedules), strconv.FormatUint(r.Steps, 10),
			strconv.Itoa(r.Operations), strconv.Itoa(r.Open), strconv.Itoa(r.Died), strconv.Itoa(r.Blocked),
		},
	}
}
