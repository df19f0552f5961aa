//go:build !nrkern_nohook

package simulate

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
)

// outcomeOf is what a run came to: its failure, or all answers, which operation
// ended before which began, and the state of every node that lives.
func outcomeOf(r *run) string {
	m := r.machine
	if m.failure != nil {
		return string(m.failure.Kind)
	}
	out := fmt.Sprintf("dead %b, left %d:", m.dead, r.left)
	for _, s := range r.services {
		if !m.isDead(s.node) {
			out += fmt.Sprintf(" %x", s.Digest())
		}
	}
	all := r.history()
	for i, e := range all {
		out += fmt.Sprintf("; %d.%d %d %v %v %d %x after", e.Client, e.Place, e.Code, e.Answered, e.Status, e.Value, e.Answer)
		for j, before := range all {
			if j != i && before.Answered && before.Return < e.Call {
				out += fmt.Sprintf(" %d", j)
			}
		}
	}
	return out
}

// outcomes explores a scenario and returns the outcomes that there are, with how
// many schedules.
func outcomes(t *testing.T, s Scenario, seed uint64, preemptions int, whole bool) (map[string]int, *Explored) {
	t.Helper()
	all := map[string]int{}
	e := Exploration{Scenario: s, Seed: seed, Preemptions: preemptions, Whole: whole, Limit: 5_000_000}
	e.outcome = func(r *run) { all[outcomeOf(r)]++ }
	r, err := e.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Complete {
		t.Fatalf("not complete after %d schedules", r.Schedules)
	}
	return all, r
}

// sameOutcomes explores a scenario whole and reduced, and wants the same outcomes. A
// failure ends a run, and with what it would have raced later nobody knows: where the
// reduced exploration finds one, what else there is may remain unseen, as it does when
// an exploration ends with the first.
func sameOutcomes(t *testing.T, scenario string, seed uint64, preemptions int) map[string]int {
	t.Helper()
	s, err := ParseScenario(scenario)
	if err != nil {
		t.Fatal(err)
	}
	want, whole := outcomes(t, s, seed, preemptions, true)
	got, reduced := outcomes(t, s, seed, preemptions, false)
	failed := slices.ContainsFunc(slices.Collect(maps.Keys(got)), isFailure)
	for _, o := range slices.SortedFunc(maps.Keys(want), cmp.Compare) {
		if got[o] == 0 && !failed {
			t.Errorf("%s, seed %d, %d preemptions: the reduced exploration has not: %s", scenario, seed, preemptions, o)
		}
	}
	for o := range got {
		if want[o] == 0 {
			t.Errorf("%s, seed %d, %d preemptions: the reduced exploration alone has: %s", scenario, seed, preemptions, o)
		}
	}
	t.Logf("%s, seed %d, %d preemptions: %d outcomes of %d schedules (%d steps), and of %d, %d of them pruned (%d steps)",
		scenario, seed, preemptions, len(want), whole.Schedules, whole.Steps, reduced.Schedules, reduced.Pruned, reduced.Steps)
	return want
}

// isFailure tells the kind of a failure from another outcome.
func isFailure(outcome string) bool { return len(outcome) < 20 }

// TestReduction: the reduced exploration comes to the same ends as the whole one.
func TestReduction(t *testing.T) {
	for _, x := range []struct {
		scenario    string
		preemptions int
		seeds       uint64 // more are for NRKERN_LONG=1
	}{
		{"nr,nodes=2,operations=1,unattended", 2, 3},
		{"nr,nodes=2,operations=2,unattended", 1, 3},
		{"nr,nodes=2,clients=2,operations=1,unattended", 1, 1},
		{"nr,nodes=3,operations=1,unattended", 1, 0},
		{"nr,nodes=2,operations=1,unattended,deaths=1", 1, 1},
		{"nr,nodes=2,operations=1,unattended,deaths=1", 2, 0},
		{"nr,nodes=2,operations=2,unattended,deaths=1", 0, 3},
		{"nr,nodes=3,operations=1,unattended,deaths=1", 0, 0},
		{"nr-logs,nodes=2,operations=1,unattended,keys=2,many=50", 1, 3},
		{"nr-logs,nodes=2,operations=1,unattended,keys=2,many=50,deaths=1", 0, 3},
		{"nr-logs,nodes=2,operations=1,unattended,keys=2,many=50,deaths=1", 1, 0},
		{"group,nodes=2,operations=1", 2, 1},
		{"multikernel,nodes=2,operations=1,keys=2,many=50", 0, 2},
		{"multikernel,nodes=2,operations=1", 1, 0},
		{"multikernel,nodes=2,operations=1,deaths=1", 0, 0},
		{"replicated,nodes=2,operations=1", 0, 1},
		{"channel,operations=2", 2, 1},
		{"channel,operations=2,deaths=1", 1, 1},
		{"channel,operations=1,deaths=1", 2, 1},
		{"bell,nodes=2,clients=2,operations=2", 2, 1},
		{"bell,nodes=2,clients=1,operations=1,deaths=1", 2, 1},
		{"biglock-mutex,nodes=2,operations=2", 2, 3},
		{"biglock-rwlock,nodes=2,operations=2", 2, 3},
		{"biglock-mcs,nodes=2,operations=2", 2, 3},
	} {
		if os.Getenv("NRKERN_LONG") != "" {
			x.seeds = max(3, 3*x.seeds)
		}
		for seed := *firstSeed; seed < *firstSeed+x.seeds; seed++ {
			sameOutcomes(t, x.scenario, seed, x.preemptions)
		}
	}
}
