package node_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
)

// TestCallsAreExecutedOnce: a caller outside adds to counters at a node whose
// kernel is killed again and again. Each call is answered, and counts once.
func TestCallsAreExecutedOnce(t *testing.T) {
	for _, logs := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d logs", logs), func(t *testing.T) {
			c := config(t, node.ModeNR, "2x1")
			c.Logs, c.LogSlots = logs, 1024
			m := boot(t, c)
			const victim, callers, kills = 1, 3, 4
			calls := make([]int, callers+1)
			ctx, over := context.WithCancel(limit(t))
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					for ctx.Err() == nil {
						calls[i]++
						a, err := m.Sys(limit(t), node.SysRequest{Node: victim, Service: "kv", Words: []string{"add", fmt.Sprint(i), "1"}})
						if err != nil || a.Value != uint64(calls[i]) {
							t.Errorf("counter %d: %+v (%v), want %d", i, a, err, calls[i])
							return
						}
					}
				})
			}
			all.Go(func() { // puts of new keys, over several logs if there are some
				for ctx.Err() == nil {
					words := []string{"putm"}
					for range 3 {
						words = append(words, fmt.Sprint(1000+calls[callers]), "7")
						calls[callers]++
					}
					a, err := m.Sys(limit(t), node.SysRequest{Node: victim, Service: "kv", Words: words})
					if err != nil || a.Value != 0 { // the number of keys that were there
						t.Errorf("%v: %+v (%v)", words, a, err)
						return
					}
				}
			})
			for n := range kills {
				before := kernels(t, m)[victim]
				if err := unix.Kill(before, unix.SIGKILL); err != nil {
					t.Fatal(err)
				}
				waitFor(t, func() bool { return replaced(t, m) == n+1 })
			}
			over()
			all.Wait()
			for i, n := range calls[:callers] {
				if got := call(t, m, 0, "get", fmt.Sprint(i)); got != fmt.Sprint(n) {
					t.Errorf("counter %d holds %s after %d calls", i, got, n)
				}
			}
			equalDigests(t, m)
		})
	}
	// A caller that numbers its own calls makes one again elsewhere.
	m := boot(t, config(t, node.ModeNR, "2x1"))
	for n := range 2 {
		a, err := m.Sys(limit(t), node.SysRequest{Node: n, Service: "kv", Words: []string{"add", "1", "5"}, Caller: 77, Number: 1})
		if err != nil || a.Value != 5 {
			t.Errorf("at node %d: %+v (%v), want 5", n, a, err)
		}
	}
}
