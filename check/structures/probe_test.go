package structures_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
)

// A probe arrangement: its threads on the nodes of a machine.
type arrangement struct {
	nodes, writersPerNode, readersPerNode int
	around                                bool // readers read at all nodes in turn
	readWindow, writeWindow               int
	keys                                  uint64
}

// The arrangements: one thread a CPU on a small machine, and more threads than
// CPUs, so that a combiner loses its CPU at the worst time.
var (
	pair    = arrangement{nodes: 2, writersPerNode: 0, readersPerNode: 0, around: true, readWindow: 1, writeWindow: 64}
	shared  = arrangement{nodes: 2, writersPerNode: 0, readersPerNode: 1, readWindow: 4, writeWindow: 256}
	crowded = arrangement{nodes: 3, writersPerNode: 2, readersPerNode: 2, readWindow: 1, writeWindow: 256}
)

// The same with several counters that are raised together.
var (
	pairOfSeveral   = arrangement{nodes: 2, around: true, readWindow: 1, writeWindow: 1, keys: 5}
	sharedOfSeveral = arrangement{nodes: 3, readersPerNode: 1, readWindow: 4, writeWindow: 1, keys: 3}
)

// TestProbeInTurn is one writer at node 0, and one reader that reads at node 0
// and at node 1 back to back.
func TestProbeInTurn(t *testing.T) { probeAll(t, pair, 2_000_000) }

// TestProbeShared is one writer at node 0 and a reader on each node, which
// share a high-water word.
func TestProbeShared(t *testing.T) { probeAll(t, shared, 10_000_000) }

// TestProbeCrowded is 2 writers and 2 readers on each of 3 nodes.
func TestProbeCrowded(t *testing.T) { probeAll(t, crowded, 600_000) }

// TestProbeSeveralInTurn and TestProbeSeveralShared look for an operation over
// several keys that is seen in one of them and missed in another.
func TestProbeSeveralInTurn(t *testing.T) { probeAll(t, pairOfSeveral, 1_000_000) }

func TestProbeSeveralShared(t *testing.T) { probeAll(t, sharedOfSeveral, 1_000_000) }

// fewestReads is enough for the writer to come to write meanwhile.
const fewestReads = 300

// probeAll runs an arrangement on every structure; reads is the number of all
// readers together.
func probeAll(t *testing.T, a arrangement, reads uint64) {
	for _, s := range structures {
		t.Run(s.name, func(t *testing.T) {
			reads := max(reads/s.ease/raceSlowdown, fewestReads)
			if long() && strings.HasPrefix(s.name, "nr") {
				reads = 100_000_000
			}
			began := time.Now()
			r := a.probe(t, s.boot(t, a.nodes), reads)
			t.Logf("%d reads, %d writes, %d stale, highest %d, in %v", r.Reads, r.Writes, r.Stale, r.Highest, time.Since(began))
			if r.Stale != 0 {
				t.Fatalf("%d stale reads of %d: %s", r.Stale, r.Reads, r.FirstStale)
			}
			if r.Reads < reads || r.Highest == 0 {
				t.Errorf("%d reads of %d, up to %d", r.Reads, reads, r.Highest)
			}
		})
	}
}

// probe runs the arrangement's threads, until the first stale read if there is
// one.
func (a arrangement) probe(t *testing.T, m machine, reads uint64) check.ProbeResult {
	t.Helper()
	const key = 42
	// A thread of the system for each goroutine: the system takes CPUs away at
	// any instruction, Go's scheduler only at some.
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	runtime.GOMAXPROCS(before + a.nodes*(1+a.writersPerNode+a.readersPerNode))
	writers, readers := a.writersPerNode*a.nodes, a.readersPerNode*a.nodes
	if writers == 0 {
		writers = 1
	}
	if readers == 0 {
		readers = 1
	}
	s := check.ProbeSpec{
		Key: key, Keys: a.keys, Readers: readers, Writers: writers, Reads: (reads + uint64(readers) - 1) / uint64(readers),
		ReadWindow: a.readWindow, WriteWindow: a.writeWindow, UntilStale: true,
	}
	words := new(check.ProbeWords)
	var mu sync.Mutex
	var total check.ProbeResult
	var wg sync.WaitGroup
	thread := func(run func() (check.ProbeResult, error)) {
		wg.Go(func() {
			r, err := run()
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total.Merge(r)
		})
	}
	for i := range writers {
		p := m.port(t, i%a.nodes, a.writeWindow)
		thread(func() (check.ProbeResult, error) { return s.Write(p, words) })
	}
	for i := range readers {
		if a.around {
			var ports []kernel.Port
			for node := range a.nodes {
				ports = append(ports, m.port(t, node, 1))
			}
			thread(func() (check.ProbeResult, error) { return s.ReadAround(ports, words) })
			continue
		}
		p := m.port(t, i%a.nodes, a.readWindow)
		thread(func() (check.ProbeResult, error) { return s.Read(p, words) })
	}
	wg.Wait()
	return total
}
