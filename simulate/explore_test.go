//go:build !nrkern_nohook

package simulate

import (
	"os"
	"strings"
	"testing"
)

// explorations are the small cases that are tried in full, with the number of
// preemptions. Those that take longer are for NRKERN_LONG=1.
var explorations = []struct {
	scenario    string
	preemptions int
	long        bool
}{
	{"nr,nodes=2,operations=1", 1, false},
	{"nr,nodes=2,operations=3,unattended", 2, false},
	{"nr,nodes=3,operations=1,unattended", 2, false},
	{"nr,nodes=2,operations=1,unattended,deaths=1", 2, false},
	{"nr,nodes=2,operations=2,unattended,deaths=1", 1, false},
	{"nr,nodes=2,operations=1,lead=62", 0, false},
	{"nr-logs,nodes=2,operations=1,unattended,keys=2,many=50,deaths=1", 2, false},
	{"nr-logs,nodes=2,operations=2,unattended,keys=2,many=50", 2, false},
	{"group,nodes=2,operations=2", 2, false},
	{"multikernel,nodes=2,operations=1", 1, false},
	{"multikernel,nodes=2,operations=1,keys=2,many=100", 0, false},
	{"multikernel,nodes=2,operations=1,deaths=1", 0, false},
	{"replicated,nodes=2,operations=1", 0, false},
	{"channel,operations=2", 2, false},
	{"channel,operations=2,deaths=1", 2, false},
	{"bell,nodes=2,clients=2,operations=2", 2, false},
	{"biglock-mutex,nodes=2,operations=3", 2, false},
	{"biglock-rwlock,nodes=2,operations=3", 2, false},
	{"biglock-mcs,nodes=2,operations=3", 2, false},

	{"nr,nodes=2,operations=1", 2, true},
	{"nr,nodes=2,operations=1,deaths=1", 2, true},
	{"nr,nodes=2,operations=2,unattended,deaths=1", 2, true},
	{"nr,nodes=3,operations=1,unattended,deaths=1", 2, true},
	{"nr,nodes=2,operations=1,lead=62", 1, true},
	{"nr-logs,nodes=2,operations=1,keys=2,many=50", 2, true},
	{"nr-logs,nodes=2,operations=2,unattended,keys=2,many=50,deaths=1", 2, true},
	{"multikernel,nodes=2,operations=1", 2, true},
	{"multikernel,nodes=2,operations=1,deaths=1", 1, true},
	{"multikernel,nodes=2,operations=2,keys=2,many=100", 0, true},
	{"replicated,nodes=2,operations=1", 1, true},
	{"channel,operations=3,deaths=1", 2, true},
	{"bell,nodes=3,clients=2,operations=1", 2, true},
	{"biglock-mutex,nodes=3,operations=2", 2, true},
	{"biglock-rwlock,nodes=3,operations=2", 2, true},
	{"biglock-mcs,nodes=3,operations=2", 2, true},
}

// TestExplore tries all schedules of small cases within their bounds.
func TestExplore(t *testing.T) {
	for _, x := range explorations {
		if x.long && os.Getenv("NRKERN_LONG") == "" {
			continue
		}
		t.Run(x.scenario, func(t *testing.T) {
			s, err := ParseScenario(x.scenario)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Exploration{Scenario: s, Seed: *firstSeed + 2, Preemptions: x.preemptions}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d schedules (%d of them pruned) with at most %d preemptions and %d deaths, %d steps, %d blocked after a death",
				r.Schedules, r.Pruned, x.preemptions, s.Deaths, r.Steps, r.Blocked)
			if f := r.Found; f != nil {
				t.Fatalf("%v\n%s\n%s", &f.Failure, f.Command, strings.Join(f.Trace, "\n"))
			}
			if !r.Complete || r.Schedules < 2 {
				t.Errorf("not all was tried")
			}
		})
	}
}
