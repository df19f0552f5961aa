package node_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nrkern/nrkern/node"
)

// TestStatusWhileAllSpin: with a thread at work on every CPU all kernels still
// tell how they are. Without processors to spare for the Go scheduler they
// would not before the load ends, a minute later. (How long it takes is for
// `make bench`: 200 ms is the limit there.)
func TestStatusWhileAllSpin(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			m := boot(t, v.config(t, "2x1"))
			ctx, cancel := context.WithCancel(limit(t))
			defer cancel()
			ask := shortBench(1, 1)
			ask.Duration = time.Minute
			ended := make(chan error, 1)
			go func() {
				_, err := m.Bench(ctx, ask)
				ended <- err
			}()
			for answered := false; !answered; {
				s, err := m.Status(limit(t), node.StatusRequest{})
				if err != nil {
					t.Fatal(err)
				}
				answered = s.Job == "bench"
				for _, k := range s.Kernels {
					answered = answered && k.State == node.StateRunning && k.Threads > 0
				}
				select {
				case err := <-ended:
					t.Fatalf("the load ended before all kernels answered: %v", err)
				default:
				}
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the load: %v", err)
			}
		})
	}
}
