//go:build !nrkern_nohook

package simulate

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var (
	schedules = flag.Int("schedules", 0, "how many schedules each search of the tests tries; 0 for what suits an ordinary run")
	firstSeed = flag.Uint64("first-seed", 1, "the first seed of the tests' searches")
)

// tries returns how many schedules a search tries: more with NRKERN_LONG=1.
func tries(ordinary int) int {
	switch {
	case *schedules > 0:
		return *schedules
	case testing.Short():
		return ordinary / 4
	case os.Getenv("NRKERN_LONG") != "":
		return 100 * ordinary
	}
	return ordinary
}

// search runs a search and fails the test with what it found.
func search(t *testing.T, s Scenario, n int) *Report {
	t.Helper()
	r, err := Search{Scenario: s, Strategy: Mixed, Seed: *firstSeed, Schedules: n}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d schedules, %d steps, %d operations, %d open, %d deaths, %d blocked after one, %d naps ended by themselves",
		r.Schedules, r.Steps, r.Operations, r.Open, r.Died, r.Blocked, r.NapEnds)
	if f := r.Found; f != nil {
		t.Errorf("run %d, seed %d, %s: %v\n%s\n%s", f.Run, f.Seed, f.Scenario, &f.Failure, f.Command, strings.Join(f.Trace, "\n"))
	}
	return r
}

// TestSearch searches every structure, without and with faults.
func TestSearch(t *testing.T) {
	for _, at := range structureTable {
		t.Run(at.name, func(t *testing.T) {
			search(t, Scenario{Structure: at.name}, tries(400))
		})
		t.Run(at.name+"/stops", func(t *testing.T) {
			search(t, Scenario{Structure: at.name, Stops: 2}, tries(200))
		})
		if at.name == "nr" || at.name == "nr-logs" {
			t.Run(at.name+"/absences", func(t *testing.T) {
				search(t, Scenario{Structure: at.name, Absences: 2}, tries(200))
				search(t, Scenario{Structure: at.name, Nodes: 3, Absences: 1, Deaths: 1}, tries(200))
			})
		}
		if !at.noDeaths {
			t.Run(at.name+"/deaths", func(t *testing.T) {
				r := search(t, Scenario{Structure: at.name, Deaths: 1, Stops: 1}, tries(400))
				if r.Died == 0 || r.Blocked >= r.Died {
					t.Errorf("%d deaths, %d blocked after one: want some, and some that the others survive", r.Died, r.Blocked)
				}
			})
		}
	}
}

// TestSearchServices searches the services besides kv on every structure: histories
// are short, for the judge restores a state at every step.
func TestSearchServices(t *testing.T) {
	for _, service := range Services()[1:] {
		for _, name := range []string{"nr", "nr-logs", "multikernel", "replicated", "biglock-mcs"} {
			t.Run(service+"/"+name, func(t *testing.T) {
				search(t, Scenario{Structure: name, Service: service, Operations: 4}, tries(120))
				if name == "nr" || name == "nr-logs" {
					search(t, Scenario{Structure: name, Service: service, Operations: 4, Deaths: 1}, tries(80))
				}
			})
		}
	}
}

// TestSleepersOfOneBell replays a run in which a client and the attending thread
// of its node, both asleep because another node died, woke each other for ever
// by announcing it: in the simulated machine alone, where an announcement was
// taken for a ring. As it is now, all wait for the dead one after some 1,400
// steps. TestExplore has the other case, where each woke the other by
// announcing and withdrawing.
func TestSleepersOfOneBell(t *testing.T) {
	s := Search{
		Scenario: Scenario{
			Structure: "multikernel", Nodes: 3, Clients: 2, Operations: 4, Window: 2, Keys: 3, DataMax: 1024,
			Many: 25, Polls: 3, Deaths: 1, Stops: 1,
		},
		Strategy: Mixed, Seed: 17, Schedules: 1,
	}
	r, trace, err := s.Replay("k0")
	if err != nil {
		t.Fatal(err)
	}
	if r.Found != nil {
		t.Error(&r.Found.Failure)
	}
	if len(trace) > 3000 {
		t.Errorf("the run has %d steps", len(trace))
	}
}

// TestHurryEnds replays a run in which two nodes that both wait for a dead one woke
// each other for ever, because each owed the other an answer too.
func TestHurryEnds(t *testing.T) {
	s := Search{Scenario: Scenario{Structure: "multikernel", Deaths: 1, Stops: 1}, Strategy: Mixed, Seed: 55999, Schedules: 1}
	r, trace, err := s.Replay("c0x11 d0x1 d0x1 c4x11 d4x1 d4x1 c6x31 k2")
	if err != nil {
		t.Fatal(err)
	}
	if r.Found != nil {
		t.Error(&r.Found.Failure)
	}
	if len(trace) > 5000 {
		t.Errorf("the run has %d steps", len(trace))
	}
}
