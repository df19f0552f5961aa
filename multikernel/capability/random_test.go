package capability

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// TestRandomOrders delivers messages in random orders while clients call on all
// nodes, holds every step to the invariants, and looks for an order of the calls
// that the sequential service explains.
func TestRandomOrders(t *testing.T) {
	runs := 3000
	if os.Getenv("NRKERN_LONG") != "" {
		runs = 500_000
	}
	seen := map[kernel.Code]int{}
	answers := map[kernel.Code]map[kernel.Status]int{}
	for seed := range uint64(runs) {
		n := randomRun(t, seed)
		for c, k := range n.sent {
			seen[c] += k
		}
		for _, a := range n.calls {
			if answers[a.op.Code] == nil {
				answers[a.op.Code] = map[kernel.Status]int{}
			}
			answers[a.op.Code][a.result.Status]++
		}
	}
	for c := First; c < codesEnd; c++ {
		if seen[c] == 0 {
			t.Errorf("no message %q was ever sent", Called(c))
		}
	}
	t.Logf("messages %v, answers %v", seen, answers)
}

func randomRun(t *testing.T, seed uint64) *network {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	nodes := 2 + random.IntN(3)
	n := newNetwork(nodes)
	// Something to work with, so that short histories come to much.
	owner := random.IntN(nodes)
	n.begin(t, 0, caps.Create(owner, 1, caps.RAM, 0, 8*caps.Page))
	n.rest(t)
	for range random.IntN(6) {
		op := caps.Copy(owner, 1, random.IntN(nodes), 1+random.IntN(2))
		if random.IntN(2) == 0 {
			op = caps.Draw(random.Uint64N, nodes)
		}
		n.begin(t, 0, op)
		n.rest(t)
	}
	clients := 2 + random.IntN(2)
	left := make([]int, clients)
	current := make([]*asked, clients)
	for i := range left {
		left[i] = 2 + random.IntN(3)
	}
	for steps := 0; ; steps++ {
		if steps > 20_000 {
			t.Fatalf("seed %d: no end\n%s", seed, n)
		}
		wires := n.busy()
		var idle []int
		for i := range left {
			if left[i] > 0 && (current[i] == nil || current[i].answer != 0) {
				idle = append(idle, i)
			}
		}
		if len(wires)+len(idle) == 0 {
			break
		}
		if k := random.IntN(len(wires) + len(idle)); k < len(wires) {
			n.deliver(t, wires[k][0], wires[k][1])
		} else {
			i := idle[k-len(wires)]
			left[i]--
			current[i] = n.begin(t, i+1, caps.Draw(random.Uint64N, nodes))
		}
	}
	n.rest(t)
	if !explained(n.calls) {
		t.Fatalf("seed %d: no order explains\n%s", seed, n)
	}
	return n
}

// explained reports whether the sequential service has an order of calls that gives
// their answers (a linearizability checker as Wing and Gong's, JPDC 1993, with the
// states that were seen remembered: histories are short).
func explained(calls []*asked) bool {
	type key struct {
		done  uint64
		state string
	}
	seen := map[key]bool{}
	results := kernel.NewResults(1)
	var search func(done uint64, state string) bool
	search = func(done uint64, state string) bool {
		if done == 1<<len(calls)-1 {
			return true
		}
		k := key{done, state}
		if seen[k] {
			return false
		}
		seen[k] = true
		first := int64(1 << 62) // the first answer of those that are left: later calls come after it
		for i, a := range calls {
			if done>>i&1 == 0 {
				first = min(first, a.answer)
			}
		}
		for i, a := range calls {
			if done>>i&1 != 0 || a.call > first {
				continue
			}
			s := caps.New()
			if err := s.Restore(strings.NewReader(state)); err != nil {
				panic(err)
			}
			res := &results[0]
			if a.op.Code.IsQuery() {
				s.Query(&a.op, res)
			} else {
				s.Apply(&a.op, res)
			}
			if res.Status != a.result.Status || res.Value != a.result.Value || !bytes.Equal(res.Data, a.result.Data) {
				continue
			}
			if search(done|1<<i, saved(s)) {
				return true
			}
		}
		return false
	}
	calls = slices.Clone(calls)
	return search(0, saved(caps.New()))
}

func saved(s *caps.Caps) string {
	var b bytes.Buffer
	if err := s.Snapshot(&b); err != nil {
		panic(err)
	}
	return b.String()
}
