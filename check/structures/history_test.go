package structures_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/workload"
)

// leastOverlap is the share, in percent, of the operations that must overlap
// one of another client on their key: else the histories prove little.
const leastOverlap = 30

// shapes are the sizes of the histories. The recorder bounds what a client has
// outstanding on one key, so that the judge can try their orders; more clients
// than 12 would be too many for it.
var shapes = []struct {
	nodes, threads, window int
	keys                   uint64
}{
	{2, 2, 8, 5}, {2, 3, 1, 1}, {3, 2, 4, 4}, {4, 2, 2, 3}, {4, 3, 1, 2}, {2, 2, 8, 4}, {3, 3, 1, 2}, {4, 1, 8, 5},
}

// TestHistoriesAreLinearizable records random histories on every structure:
// few keys, several threads, 2 to 4 nodes, windows from 1 to 8.
func TestHistoriesAreLinearizable(t *testing.T) {
	histories, operations, patience := 64, 150, 30*time.Second
	if long() {
		histories, operations, patience = 600, 400, 10*time.Minute
	}
	for _, s := range structures {
		t.Run(s.name, func(t *testing.T) {
			var total check.Verdict
			for seed := range uint64(histories) {
				shape := shapes[seed%uint64(len(shapes))]
				h := check.HistorySpec{
					Clients: shape.nodes * shape.threads, Operations: operations, Keys: shape.keys, Window: shape.window,
					DataMax: []int{0, 100, kernel.MaxData}[seed%3], Yield: 30, Seed: seed,
				}
				entries := history(t, s.boot(t, shape.nodes), h, shape.nodes)
				page := filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s-%d.html", s.name, seed))
				v, err := check.Linearizable(entries, check.Options{Visualization: page, Timeout: patience})
				if err != nil {
					t.Fatal(err)
				}
				if v.Judgement != check.OK {
					t.Errorf("%s, %d nodes, %+v: %s\n%s\nrun with -artifacts to keep %s",
						s.name, shape.nodes, h, v.Judgement, v.Excerpt, v.Visualization)
				}
				total.Operations += v.Operations
				total.OverlappingClients += v.OverlappingClients
				total.Elapsed += v.Elapsed
			}
			t.Logf("%d histories, %d operations, %.0f %% overlapping another client's; judged in %v",
				histories, total.Operations, total.OverlapShare(), total.Elapsed)
			if total.OverlapShare() < leastOverlap {
				t.Errorf("%.0f %% of the operations overlap one of another client, want %d %%", total.OverlapShare(), leastOverlap)
			}
		})
	}
}

// severalShapes are for histories in which operations over several keys tie all
// keys together: the judge tries the orders of all that is outstanding.
var severalShapes = []struct {
	nodes, threads, window int
	keys                   uint64
}{
	{2, 2, 1, 3}, {3, 1, 2, 5}, {4, 1, 1, 8}, {2, 1, 3, 2}, {5, 1, 1, 6},
}

// TestHistoriesOverSeveralKeys records random histories in which a third of the
// operations are over several keys, and so over several shards and owners.
func TestHistoriesOverSeveralKeys(t *testing.T) {
	histories, operations := 30, 80
	if long() {
		histories, operations = 600, 200
	}
	for _, s := range structures {
		t.Run(s.name, func(t *testing.T) {
			var total check.Verdict
			for seed := range uint64(histories) {
				shape := severalShapes[seed%uint64(len(severalShapes))]
				h := check.HistorySpec{
					Clients: shape.nodes * shape.threads, Operations: operations, Keys: shape.keys, Window: shape.window,
					Many: 33, Alone: true, DataMax: []int{0, 20}[seed%2], Yield: 30, Seed: seed,
				}
				entries := history(t, s.boot(t, shape.nodes), h, shape.nodes)
				page := filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s-several-%d.html", s.name, seed))
				v, err := check.Linearizable(entries, check.Options{Visualization: page, Timeout: 10 * time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				if v.Judgement != check.OK {
					t.Errorf("%s, %d nodes, %+v: %s\n%s", s.name, shape.nodes, h, v.Judgement, v.Excerpt)
				}
				total.Operations += v.Operations
				total.OverlappingClients += v.OverlappingClients
				total.Elapsed += v.Elapsed
			}
			t.Logf("%d histories, %d operations, %.0f %% overlapping another client's; judged in %v",
				histories, total.Operations, total.OverlapShare(), total.Elapsed)
			if total.OverlapShare() < leastOverlap {
				t.Errorf("%.0f %% of the operations overlap one of another client, want %d %%", total.OverlapShare(), leastOverlap)
			}
		})
	}
}

// history records one history, its clients dealt out to the nodes.
func history(t *testing.T, m machine, h check.HistorySpec, nodes int) []check.Entry {
	t.Helper()
	ctl := new(workload.Control)
	parts := make([][]check.Entry, h.Clients)
	var wg sync.WaitGroup
	for i := range h.Clients {
		p := m.port(t, i%nodes, h.Window)
		wg.Go(func() {
			var err error
			if parts[i], err = h.Record(p, i, ctl); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	m.digest(t)
	var all []check.Entry
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// TestSameAnswers compares each structure with the bare service, and their
// states at the end.
func TestSameAnswers(t *testing.T) {
	n := 2000
	if long() {
		n = 200_000
	}
	for _, s := range structures {
		t.Run(s.name, func(t *testing.T) {
			for seed := range uint64(3) {
				bare, err := workload.NewBaseline(newTable(t), 1)
				if err != nil {
					t.Fatal(err)
				}
				m := s.boot(t, 3)
				if err := check.SameAnswers(bare, m.port(t, int(seed), 1), seed, n); err != nil {
					t.Error(err)
				}
				if got, want := m.digest(t), bare.Digest(); got != want {
					t.Errorf("seed %d: digest %x, of the bare service %x", seed, got, want)
				}
			}
		})
	}
}
