//go:build !nrkern_nohook

package simulate

import (
	"testing"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/transport"
)

// TestStationWatch: two that have taken a way in are no two combiners before
// both go on to other words, and are then, whichever ways they took.
func TestStationWatch(t *testing.T) {
	type step struct {
		core int
		does string
	}
	for _, x := range []struct {
		name  string
		steps []step
		fails bool
	}{
		{"lock lets go of inside", []step{{0, "inside"}, {0, "works"}, {1, "lock"}, {1, "looks"}, {1, "leaves lock"}, {1, "works"}, {1, "lock is free"}, {0, "works"}}, false},
		{"inside lets go of lock", []step{{0, "inside"}, {1, "lock"}, {1, "works"}, {0, "looks"}, {0, "leaves inside"}, {0, "works"}, {1, "works"}}, false},
		{"one after the other", []step{{0, "lock"}, {0, "works"}, {0, "leaves lock"}, {0, "lock is free"}, {0, "inside"}, {0, "works"}}, false},
		{"both", []step{{1, "lock"}, {1, "works"}, {0, "inside"}, {0, "works"}}, true},
		{"both, inside first", []step{{0, "inside"}, {0, "works"}, {1, "lock"}, {1, "works"}}, true},
		{"two locks", []step{{0, "lock"}, {1, "lock"}}, true},
		{"another's lock", []step{{0, "lock"}, {1, "lock is free"}}, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			m := new(Machine)
			mem, err := newMemory(nil)
			if err != nil {
				t.Fatal(err)
			}
			m.addCore(0, "a", nil)
			m.addCore(0, "b", nil)
			s := combining.NewStation(&transport.Policy{})
			(&run{machine: m, memory: mem}).watchStation(0, s)
			w := m.stations[0]
			for _, x := range x.steps {
				c := m.cores[x.core]
				locks := func(v uint64) { w.locked(commit{core: c, place: w.lock.word, after: v}) }
				enters := func(v uint64) {
					c.value = v
					w.accessed(c, w.inside.word, accessStore)
				}
				switch x.does {
				case "lock":
					locks(1)
				case "inside":
					enters(1)
				case "looks":
					w.accessed(c, w.words[1], accessLoad)
				case "works":
					w.accessed(c, nil, accessTouch)
				case "leaves lock":
					w.accessed(c, w.lock.word, accessStore)
				case "leaves inside":
					enters(0)
				case "lock is free":
					locks(0)
				}
			}
			if failed := m.failure != nil; failed != x.fails {
				t.Errorf("failure %v", m.failure)
			}
		})
	}
}
