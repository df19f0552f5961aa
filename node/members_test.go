package node_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nrkern/nrkern/node"
)

// TestNodesComeAndGo removes nodes and adds them while callers and a load work: no
// call is lost, and a node that is back has the state of the others.
func TestNodesComeAndGo(t *testing.T) {
	for _, logs := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d logs", logs), func(t *testing.T) {
			c := config(t, node.ModeNR, "3x1")
			c.Logs, c.LogSlots = logs, 256
			m := boot(t, c)
			member := func(n int, action node.MemberAction) error {
				_, err := m.Member(limit(t), node.MemberRequest{Node: n, Action: action})
				return err
			}
			ctx, over := context.WithCancel(limit(t))
			loaded := make(chan struct{})
			go func() {
				defer close(loaded)
				for ctx.Err() == nil {
					ask := node.DefaultBenchRequest()
					ask.Duration, ask.WriteRatio, ask.Keys = time.Minute, 100, 100
					_, _ = m.Bench(ctx, ask)
				}
			}()
			sum := 0
			add := func(n int) {
				sum++
				if got := call(t, m, n, "add", "1000000", "1"); got != fmt.Sprint(sum) {
					t.Errorf("node %d: the sum is %s, want %d", n, got, sum)
				}
			}
			for _, n := range []int{2, 0, 1} {
				add(n)
				if err := member(n, node.MemberRemove); err != nil {
					t.Fatal(err)
				}
				if got := stateOf(t, m, n); got != node.StateRemoved {
					t.Errorf("node %d is %s", n, got)
				}
				for i := range 6 {
					add((n + 1 + i%2) % 3)
				}
				if _, err := m.Sys(limit(t), node.SysRequest{Node: n, Service: "kv", Words: []string{"get", "1"}}); !errors.Is(err, node.ErrUsage) {
					t.Errorf("a call at node %d, which was removed: %v", n, err)
				}
				if err := member(n, node.MemberRemove); !errors.Is(err, node.ErrUsage) {
					t.Errorf("removed twice: %v", err)
				}
				if err := member(n, node.MemberAdd); err != nil {
					t.Fatal(err)
				}
				add(n)
			}
			over()
			<-loaded
			equalDigests(t, m)
			for _, n := range []int{0, 1} {
				if err := member(n, node.MemberRemove); err != nil {
					t.Fatal(err)
				}
			}
			judge(t, m, history(m, 1))
			if err := member(2, node.MemberRemove); !errors.Is(err, node.ErrUsage) {
				t.Errorf("the last node: %v", err)
			}
			if err := member(7, node.MemberAdd); !errors.Is(err, node.ErrUsage) {
				t.Errorf("a node that there is not: %v", err)
			}
			for _, n := range []int{1, 0} {
				if err := member(n, node.MemberAdd); err != nil {
					t.Fatal(err)
				}
			}
			equalDigests(t, m)
		})
	}
	m := boot(t, config(t, node.ModeMultikernel, "2x1"))
	if _, err := m.Member(limit(t), node.MemberRequest{Node: 1, Action: node.MemberRemove}); !errors.Is(err, node.ErrNotSupported) {
		t.Errorf("multikernel: %v", err)
	}
}
