package node_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/node"
)

// long reports whether the run may take minutes.
func long() bool { return os.Getenv("NRKERN_LONG") != "" }

// history returns the request for a history: an ordinary one is short and on
// very few keys, because the judge's work grows steeply with what is concurrent
// on a key; a long one has a few more.
func history(m *node.Machine, seed int) node.RecordRequest {
	ask := node.DefaultRecordRequest()
	ask.ClientsPerNode = max(1, 4/len(m.Topology().Nodes))
	ask.Operations, ask.Keys, ask.Window, ask.Seed = 60, uint64(1+seed%3), 1+seed%3, uint64(seed)
	if long() {
		ask.Operations, ask.Keys, ask.Window = 5000, uint64(4+seed%3), 1+seed%2
	}
	return ask
}

// TestHistoriesAreLinearizable records random operations of clients in all
// kernel processes on few keys, and judges them together.
func TestHistoriesAreLinearizable(t *testing.T) {
	for _, v := range variants() {
		for _, topology := range []string{"2x1", "4x1"} {
			t.Run(v.name+"/"+topology, func(t *testing.T) {
				c := v.config(t, topology)
				c.LogSlots, c.RingSlots = 1024, 64 // so that logs and rings wrap around
				m := boot(t, c)
				overlapping, all, n := 0, 0, 9
				if long() {
					n = 100
				}
				for seed := range n {
					v := judge(t, m, history(m, seed))
					overlapping += v.OverlappingClients
					all += v.Operations
				}
				share := 100 * overlapping / all
				t.Logf("%d histories, %d operations, %d %% overlap another client's on their key", n, all, share)
				if share < 30 {
					t.Errorf("%d %% of the operations overlap another client's: too few to show anything, want 30", share)
				}
			})
		}
	}
}

// judge records a history and fails unless it is linearizable.
func judge(t testing.TB, m node.API, ask node.RecordRequest) check.Verdict {
	t.Helper()
	r, err := m.Record(limit(t), ask)
	if err != nil {
		t.Fatal(err)
	}
	if want := r.Spec.Clients * r.Spec.Operations; len(r.Entries) != want {
		t.Fatalf("%d entries, want %d", len(r.Entries), want)
	}
	v, err := check.Linearizable(r.Entries, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Judgement != check.OK {
		spec, _ := json.Marshal(r.Spec)
		t.Fatalf("history %s is %s: %s", spec, v.Judgement, v.Excerpt)
	}
	return v
}

// TestNoStaleReads runs the probe for stale reads across the kernel processes.
func TestNoStaleReads(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			m := boot(t, v.config(t, "2x1"))
			for _, window := range []int{1, 8} {
				ask := node.DefaultProbeRequest()
				ask.Reads, ask.ReadWindow, ask.WriteWindow = 20_000, window, window
				r, err := m.Probe(limit(t), ask)
				if err != nil {
					t.Fatal(err)
				}
				if r.Reads < 2*ask.Reads || r.Writes == 0 || r.Highest == 0 {
					t.Errorf("window %d: the probe did too little: %+v", window, r.ProbeResult)
				}
				if r.Stale != 0 {
					t.Errorf("window %d: %d of %d reads were stale: %s", window, r.Stale, r.Reads, r.FirstStale)
				}
				t.Logf("window %d: %+v", window, r.ProbeResult)
			}
		})
	}
}
