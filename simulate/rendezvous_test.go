//go:build !nrkern_nohook

package simulate

import (
	"math"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// meeting is what two nodes that meet at every operation handed each other.
type meeting struct {
	handed   counts // by the directory
	observed transport.Traffic
}

// meet runs a structure of two nodes. Each body is a core of its own.
func meet(t *testing.T, structure string, bodies func(r *counting, ports []kernel.Port) []func()) meeting {
	t.Helper()
	load := workload.Default()
	load.Keys, load.Window = 64, 1
	r := &counting{
		Count:  Count{Structure: structure, Topology: numa.Spec{Nodes: 2, Cores: 1}, Workload: load, Operations: 4000},
		policy: transport.Dedicated,
	}
	r.wrap = func(ports []kernel.Port) []func() { return bodies(r, ports) }
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	return meeting{r.to.counts.since(&r.from.counts), r.to.traffic.Sub(r.from.traffic)}
}

// handovers returns the directory's, of regions.
func (m *meeting) handovers(regions ...Region) (n uint64) {
	for _, r := range regions {
		for a := range m.handed[r] {
			n += m.handed[r][a].handovers
		}
	}
	return n
}

// inTurn returns the bodies of two cores that put in turn.
func inTurn(t *testing.T, r *counting, ports []kernel.Port) []func() {
	turn := new(transport.Line)
	r.memory.at(&turn.Word, 0).region = RegionState // the test's, which is not counted
	var bodies []func()
	for me, p := range ports {
		bodies = append(bodies, func() {
			for i := uint64(me); ; i += 2 {
				w := transport.NewWaiter(&r.policy)
				for seen := turn.Load(); seen != i; seen = turn.Load() {
					w.Wait(&turn.Word, seen)
				}
				put(t, p, 1, i)
				r.count()
				turn.Store(i + 1)
			}
		})
	}
	return bodies
}

func put(t *testing.T, p kernel.Port, key, value uint64) {
	if _, err := kernel.Call(p, kv.Put(key, value)); err != nil {
		t.Error(err)
	}
}

func equal(t *testing.T, what string, directory, observed uint64) {
	t.Helper()
	t.Logf("%s: %d hand-overs", what, directory)
	if directory != observed || directory == 0 {
		t.Errorf("%s: the directory counts %d hand-overs, the structure observed %d", what, directory, observed)
	}
}

// TestObservedOnRendezvous: where each side waits for the other, the hand-overs
// that a structure observes are those of the directory.
func TestObservedOnRendezvous(t *testing.T) {
	t.Run("nr", func(t *testing.T) {
		m := meet(t, "nr", func(r *counting, ports []kernel.Port) []func() { return inTurn(t, r, ports) })
		equal(t, "slots", m.handovers(RegionSlots), m.observed.EntryLines)
		// The one that nobody can observe: a replica takes the line of its ltail
		// back after another had looked at it, twice in a log.
		back := m.handed[RegionLtail][accessStore].handovers
		if looks := 4 * 4000 / uint64(countLogSlots); back == 0 || back > looks+2 {
			t.Errorf("ltails were taken back %d times, with about %d looks", back, looks)
		}
		equal(t, "tail, ctail, ltails", m.handovers(RegionTail, RegionCtail, RegionLtail)-back, m.observed.ControlLines)
		if n := m.handovers(RegionFilling, RegionJoined, RegionBell, RegionHeap); n != 0 {
			t.Errorf("%d hand-overs of words that nodes need not hand each other", n)
		}
	})
	t.Run("multikernel", func(t *testing.T) {
		m := meet(t, "multikernel", func(r *counting, ports []kernel.Port) []func() {
			return []func(){func() {
				for {
					put(t, ports[0], 1, 2) // a key of node 1
					r.count()
				}
			}}
		})
		equal(t, "ring slots", m.handovers(RegionRing), m.observed.MessageLines)
		if n := m.handovers(RegionBell, RegionHeap); n != 0 {
			t.Errorf("%d hand-overs of words that nodes need not hand each other", n)
		}
	})
	t.Run("biglock-mutex", func(t *testing.T) {
		m := meet(t, "biglock-mutex", func(r *counting, ports []kernel.Port) []func() { return inTurn(t, r, ports) })
		equal(t, "lock", m.handovers(RegionHeap), m.observed.LockLines)
	})
}

// TestObservedIsLowerBound: under load from everywhere it is at most that, and
// at least three quarters where a structure observes all its words: not in the
// big lock, whose words many wait for.
func TestObservedIsLowerBound(t *testing.T) {
	for _, structure := range Counted() {
		for _, ratio := range []float64{0, 10, 50, 100} {
			load := workload.Default()
			load.WriteRatio, load.Keys, load.Window = ratio, 1000, 4
			c, err := Count{Structure: structure, Topology: numa.Spec{Nodes: 4, Cores: 2}, Workload: load, Operations: 6000}.Run()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %v %% writes: %.3f of %.3f hand-overs an operation observed, %.3f transfers", structure, ratio, c.ObservedPerOp, c.HandOvers, c.CrossNode)
			if served := c.Hits + c.SameNode + c.CrossNode + c.Memory; math.Abs(served-c.AccessesPerOp) > 1e-6*served {
				t.Errorf("%s, %v %% writes: %v accesses an operation, %v served", structure, ratio, c.AccessesPerOp, served)
			}
			// A line that a core took just before the interval may be one that it
			// observes, after more steps, within it.
			edge := 8.0 / 6000 // cores, operations
			if c.ObservedPerOp > c.HandOvers+edge {
				t.Errorf("%s, %v %% writes: %.4f hand-overs an operation observed, of %.4f", structure, ratio, c.ObservedPerOp, c.HandOvers)
			}
			if observes := structure == "nr" || structure == "multikernel"; observes && c.ObservedPerOp < 0.75*c.HandOvers-edge {
				t.Errorf("%s, %v %% writes: only %.4f hand-overs an operation observed, of %.4f", structure, ratio, c.ObservedPerOp, c.HandOvers)
			}
		}
	}
}
