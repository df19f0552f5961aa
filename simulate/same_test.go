//go:build !nrkern_nohook

package simulate

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// TestSameBytes: the same seed gives the same, whatever the Go runtime does meanwhile:
// reports of a search and an exploration, a trace, and counts.
func TestSameBytes(t *testing.T) {
	all := func() string {
		load := workload.Default()
		load.WriteRatio, load.Keys = 50, 100
		search := Search{Scenario: Scenario{Structure: "multikernel", Deaths: 1, Stops: 1}, Strategy: Mixed, Seed: 7, Schedules: 40}
		found, err := search.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		replayed, trace, err := search.Replay("")
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseScenario("nr,nodes=2,operations=1,unattended,deaths=1")
		if err != nil {
			t.Fatal(err)
		}
		explored, err := Exploration{Scenario: s, Seed: 3, Preemptions: 1}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counted, err := Count{Structure: "nr", Topology: numa.Spec{Nodes: 2, Cores: 2}, Workload: load, Operations: 2000}.Run()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{found, replayed, trace, explored, counted})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := all()
	for _, x := range []struct{ procs, gc int }{{1, 400}, {4, 5}} {
		procs, gc := runtime.GOMAXPROCS(x.procs), debug.SetGCPercent(x.gc)
		got := all()
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(gc)
		if got != want {
			t.Errorf("with GOMAXPROCS %d and GC at %d %%: %d bytes that differ from the first %d", x.procs, x.gc, len(got), len(want))
		}
	}
}
