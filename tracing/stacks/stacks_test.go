package stacks_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/tracing/privilege"
	"github.com/nrkern/nrkern/tracing/stacks"
)

//go:noinline
func spinHere(until time.Time) (n int) {
	for time.Now().Before(until) {
		n++
	}
	return n
}

// TestFindsTheLoop: the function that takes the time is found, with its caller,
// by name.
func TestFindsTheLoop(t *testing.T) {
	if err := privilege.Check(privilege.BPF, privilege.PerfMon); err != nil {
		t.Skip(err)
	}
	s, err := stacks.Start([]int{os.Getpid()}, 997)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// Until there is one: other programs may have the CPUs for a while.
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		spinHere(time.Now().Add(100 * time.Millisecond))
		found, _, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range found {
			loop := slices.IndexFunc(n.Frames, func(f string) bool { return strings.HasSuffix(f, ".spinHere") })
			if loop >= 0 && loop+1 < len(n.Frames) && strings.HasSuffix(n.Frames[loop+1], ".TestFindsTheLoop") && n.PID == os.Getpid() {
				t.Logf("%d samples of %v", n.Samples, n.Frames)
				return
			}
		}
	}
	t.Error("the loop was not found")
}
