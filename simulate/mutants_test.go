//go:build nrkern_mutants && !nrkern_nohook

package simulate

import (
	"testing"

	"github.com/nrkern/nrkern/internal/mutant"
)

// hunts says where each mutant is looked for, and within how many schedules it
// must be found. The seeds are fixed, so it is found at the same one each time,
// until the protocols change; the budgets leave room for that.
var hunts = map[string]struct {
	Scenario
	schedules int
}{
	"late-ctail":         {Scenario{Structure: "nr"}, 20},
	"no-generation":      {Scenario{Structure: "nr"}, 300},
	"header-first":       {Scenario{Structure: "nr"}, 20},
	"plain-reader-flag":  {Scenario{Structure: "biglock-rwlock"}, 100},
	"plain-parking":      {Scenario{Structure: "bell"}, 500},
	"credit-plus-one":    {Scenario{Structure: "channel"}, 100},
	"no-gate":            {Scenario{Structure: "nr"}, 20},
	"forget-thread":      {Scenario{Structure: "nr"}, 50},
	"reclaim-early":      {Scenario{Structure: "nr"}, 50},
	"no-second-look":     {Scenario{Structure: "multikernel"}, 300},
	"ack-before-copy":    {Scenario{Structure: "multikernel"}, 50},
	"filling-late":       {Scenario{Structure: "nr"}, 20},
	"filling-early":      {Scenario{Structure: "nr", Deaths: 1}, 100},
	"sleep-past-monitor": {Scenario{Structure: "multikernel"}, 300},
	"rest-past-combiner": {Scenario{Structure: "multikernel"}, 300},
	"wait-for-nobody":    {Scenario{Structure: "nr"}, 1500},

	// Chosen by reading the code, after the search was written.
	"ctail-stored":       {Scenario{Structure: "nr"}, 50},
	"ltail-first":        {Scenario{Structure: "nr"}, 20},
	"stale-minimum":      {Scenario{Structure: "nr"}, 50},
	"lose-overflow":      {Scenario{Structure: "nr"}, 1500},
	"deliver-early":      {Scenario{Structure: "nr"}, 100},
	"read-unlocked":      {Scenario{Structure: "nr"}, 50},
	"skip-last-reader":   {Scenario{Structure: "biglock-rwlock"}, 50},
	"flag-stays-up":      {Scenario{Structure: "biglock-rwlock"}, 50},
	"lock-by-store":      {Scenario{Structure: "nr"}, 100},
	"enter-at-once":      {Scenario{Structure: "nr", Clients: 1, Operations: 8}, 1000},
	"bias-kept":          {Scenario{Structure: "nr", Clients: 1, Operations: 8}, 100},
	"inside-unseen":      {Scenario{Structure: "nr", Clients: 1, Operations: 8}, 100},
	"no-heavy-fence":     {Scenario{Structure: "nr", Clients: 1, Operations: 8}, 200},
	"first-header-first": {Scenario{Structure: "channel"}, 20},
	"no-number":          {Scenario{Structure: "channel"}, 50},
	"ack-ahead":          {Scenario{Structure: "channel"}, 50},
	"no-fence":           {Scenario{Structure: "bell"}, 500},
	"withdraw-another":   {Scenario{Structure: "bell", Clients: 3}, 3000},
	"ring-uncounted":     {Scenario{Structure: "bell"}, 50},
	"queue-unlinked":     {Scenario{Structure: "biglock-mcs"}, 300},
	"past-locked-shards": {Scenario{Structure: "multikernel", Nodes: 3, Clients: 1, Many: 40, Keys: 3, Window: 2, Operations: 12}, 1000},
	"read-unagreed":      {Scenario{Structure: "replicated", Nodes: 3}, 3000},
	"speak-for-others":   {Scenario{Structure: "replicated", Nodes: 3, Clients: 1, Operations: 4, Keys: 1}, 1000},
	"scan-in-turn":       {Scenario{Structure: "replicated", Nodes: 3, Many: 40, Keys: 3, Window: 2, Operations: 12}, 3000},
	"lock-undrained":     {Scenario{Structure: "replicated", Nodes: 3, Clients: 1, Many: 40, Keys: 3, Window: 4, Operations: 12}, 3000},
	"unlock-anothers":    {Scenario{Structure: "replicated", Nodes: 3, Clients: 1, Many: 40, Keys: 3, Window: 2, Operations: 12}, 3000},
	"late-span":          {Scenario{Structure: "nr-logs", Nodes: 2, Clients: 2, Operations: 6, Window: 1, Many: 15, Keys: 3, DataMax: 8}, 5000},

	"fence-members": {Scenario{Structure: "nr", Nodes: 3, Absences: 1, Deaths: 1, Operations: 8}, 20000},
	"read-away":     {Scenario{Structure: "nr", Absences: 2, Operations: 40, DataMax: 100}, 3000},

	"use-marked": {Scenario{Structure: "multikernel", Service: "caps", Nodes: 3, Clients: 1, Operations: 12}, 3000},

	"leave-waiting": {Scenario{Structure: "multikernel", Many: 50, Keys: 3}, 300},
}

// TestEachMutant wants every mutant to be found. TestMutants runs it, in every
// ordinary build.
func TestEachMutant(t *testing.T) {
	names := mutant.Names()
	if len(names) != len(hunts) {
		t.Errorf("%d mutants, %d hunts", len(names), len(hunts))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			h, ok := hunts[name]
			if !ok {
				t.Fatal("nobody hunts it")
			}
			if err := mutant.Select(name); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = mutant.Select("") }()
			s := Search{Scenario: h.Scenario, Strategy: Mixed, Seed: *firstSeed, Schedules: h.schedules}
			r, err := s.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if r.Found == nil {
				t.Fatalf("not found in %d schedules of %s", h.schedules, h.Structure)
			}
			again := s
			again.Seed = r.Found.Seed
			if replayed, _, err := again.Replay(r.Found.Shrunk); err != nil || replayed.Found == nil || replayed.Found.Failure != r.Found.Failure {
				t.Errorf("%s does not show it again: %v, %+v", r.Found.Command, err, replayed)
			}
			onlyMutant(t, again, r.Found)
			t.Logf("schedule %d of %d, %s: %.160s\nshrunk to %.200s", r.Found.Run, h.schedules, h.Structure, r.Found.Error(), r.Found.Shrunk)
		})
	}
}

// onlyMutant wants that what was found was judged, and is the mutant's doing:
// without it, the same seed passes on the same schedules. It switches it off.
func onlyMutant(t *testing.T, s Search, f *Found) {
	t.Helper()
	if f.Kind == FailureUnknown {
		t.Errorf("not judged: %v", f.Error())
	}
	if err := mutant.Select(""); err != nil {
		t.Fatal(err)
	}
	for _, schedule := range []string{f.Schedule, f.Shrunk} {
		if clean, _, err := s.Replay(schedule); err != nil || clean.Found != nil {
			t.Errorf("without the mutant, on %.200s: %v, %+v", schedule, err, clean)
		}
	}
}

// explored says which small case, tried in full with so many preemptions, shows
// a mutant.
var explored = map[string]struct {
	scenario    string
	preemptions int
}{
	"late-ctail":         {"nr,operations=1,unattended", 0},
	"header-first":       {"nr,operations=1,unattended", 0},
	"ltail-first":        {"nr,operations=1,unattended", 0},
	"ctail-stored":       {"nr,nodes=2,operations=2,unattended", 1},
	"filling-late":       {"nr,operations=1,unattended", 0},
	"filling-early":      {"nr,nodes=2,operations=1,unattended,deaths=1", 1},
	"lock-by-store":      {"nr,nodes=1,clients=2,operations=2,unattended", 1},
	"no-gate":            {"nr,nodes=2,operations=3,unattended", 1},
	"first-header-first": {"channel,operations=2", 1},
	"credit-plus-one":    {"channel,operations=3", 1},
	"plain-parking":      {"bell,operations=1", 1},
	"no-fence":           {"bell,operations=1", 1},
	"ring-uncounted":     {"bell,operations=1", 1},
	"withdraw-another":   {"bell,clients=2,operations=2", 2},
	"plain-reader-flag":  {"biglock-rwlock,nodes=2,operations=2", 1},
	"flag-stays-up":      {"biglock-rwlock,nodes=2,operations=2", 1},
	"queue-unlinked":     {"biglock-mcs,nodes=2,operations=2", 1},
}

// TestExploredMutants wants them to be found by trying all, within few preemptions.
func TestExploredMutants(t *testing.T) {
	for name, x := range explored {
		t.Run(name, func(t *testing.T) {
			s, err := ParseScenario(x.scenario)
			if err != nil {
				t.Fatal(err)
			}
			if err := mutant.Select(name); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = mutant.Select("") }()
			for seed := *firstSeed; seed < *firstSeed+20; seed++ { // some have nothing but reads
				r, err := Exploration{Scenario: s, Seed: seed, Preemptions: x.preemptions, Limit: 20_000}.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if f := r.Found; f != nil {
					s.Exact = true
					at := Search{Scenario: s, Strategy: Mixed, Seed: seed, Schedules: 1}
					again, _, err := at.Replay(f.Shrunk)
					if err != nil || again.Found == nil || again.Found.Failure != f.Failure {
						t.Errorf("%s does not show it again: %v, %+v", f.Command, err, again)
					}
					onlyMutant(t, at, f)
					t.Logf("seed %d, schedule %d: %.160s\nshrunk to %.200s", seed, f.Run, f.Error(), f.Shrunk)
					return
				}
			}
			t.Errorf("not found in all schedules of 20 seeds of %s", x.scenario)
		})
	}
}

// TestReducedMutants: with a mutant, too, the reduced exploration comes to the same
// ends as the whole one: it finds each that the whole one finds.
func TestReducedMutants(t *testing.T) {
	for name, x := range explored {
		t.Run(name, func(t *testing.T) {
			if err := mutant.Select(name); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = mutant.Select("") }()
			found := 0
			for seed := *firstSeed; seed < *firstSeed+2; seed++ {
				for o := range sameOutcomes(t, x.scenario, seed, min(x.preemptions, 1)) {
					if isFailure(o) {
						found++
					}
				}
			}
			t.Logf("%d kinds of failures of two seeds", found)
		})
	}
}
