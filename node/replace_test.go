package node_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
)

// TestKilledKernelIsReplaced kills kernels of an nr machine while all of them
// write, one after the other, those of node 0 too: the others go on, nothing that
// was answered is lost, and another kernel takes the place and has the same state.
func TestKilledKernelIsReplaced(t *testing.T) {
	for _, logs := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d logs", logs), func(t *testing.T) {
			c := config(t, node.ModeNR, "3x1")
			c.Logs, c.LogSlots = logs, 1024
			m := boot(t, c)
			for round := range 6 {
				benched := make(chan error, 1)
				go func() {
					ask := node.DefaultBenchRequest()
					ask.Duration, ask.WriteRatio, ask.Keys, ask.Seed = time.Minute, 100, 100, uint64(round)
					ctx, cancel := context.WithCancel(limit(t))
					defer cancel()
					go func() {
						waitFor(t, func() bool { return replaced(t, m) == round+1 })
						cancel()
					}()
					_, err := m.Bench(ctx, ask)
					benched <- err
				}()
				waitFor(t, func() bool {
					s, err := m.Status(limit(t), node.StatusRequest{})
					return err == nil && s.Job == "bench" && s.Kernels[round%3].Threads > 0
				})
				call(t, m, (round+1)%3, "put", fmt.Sprint(1000+round), fmt.Sprint(round))
				if err := unix.Kill(kernels(t, m)[round%3], unix.SIGKILL); err != nil {
					t.Fatal(err)
				}
				if err := <-benched; err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, node.ErrKernelDied) {
					t.Errorf("round %d: the bench: %v", round, err)
				}
				waitFor(t, func() bool { return replaced(t, m) == round+1 })
				for n := range 3 {
					for was := range round + 1 {
						if got := call(t, m, n, "get", fmt.Sprint(1000+was)); got != fmt.Sprint(was) {
							t.Errorf("round %d, node %d: key %d holds %s, want %d", round, n, 1000+was, got, was)
						}
					}
				}
				equalDigests(t, m)
			}
		})
	}
}

// replaced counts the kernels that took the place of others so far.
func replaced(t *testing.T, m node.API) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(limit(t), 20*time.Millisecond)
	defer cancel()
	_ = m.Events(ctx, func(e node.Event) error {
		if e.Kind == node.EventRejoined {
			n++
		}
		return nil
	})
	return n
}

func call(t *testing.T, m node.API, n int, words ...string) string {
	t.Helper()
	a, err := m.Sys(limit(t), node.SysRequest{Node: n, Service: "kv", Words: words})
	if err != nil {
		t.Fatalf("node %d: %v: %v", n, words, err)
	}
	return a.Text
}

// equalDigests fails unless all kernels have one state.
func equalDigests(t *testing.T, m node.API) {
	t.Helper()
	s, err := m.Status(limit(t), node.StatusRequest{Digest: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range s.Kernels {
		if k.Digest == "" || k.Digest != s.Kernels[0].Digest || k.DigestAt != s.Kernels[0].DigestAt {
			t.Errorf("node %d (%s) has digest %s at %d, node 0 %s at %d", k.Node, k.State, k.Digest, k.DigestAt, s.Kernels[0].Digest, s.Kernels[0].DigestAt)
		}
	}
}
