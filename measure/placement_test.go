package measure

import (
	"errors"
	"testing"
	"time"

	"github.com/nrkern/nrkern/numa"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		ns   int
		want Placement
	}{
		{0, Unknown},
		{44, Sibling},
		{54, Sibling},
		{72, SameL3},
		{115, SameL3},
		{135, SameL3},
		{340, Far},
		{530, Far},
	} {
		if got := Classify(time.Duration(c.ns)); got != c.want {
			t.Errorf("%d ns: %s, want %s", c.ns, got, c.want)
		}
	}
}

func TestAround(t *testing.T) {
	for _, c := range []struct {
		before, after time.Duration
		want          Placement
	}{{80, 90, SameL3}, {80, 400, Changed}, {0, 0, Unknown}, {0, 80, Changed}, {56, 59, Sibling}, {57, 60, SameL3}, {45, 70, Changed}} {
		if got := Around(c.before, c.after); got != c.want {
			t.Errorf("%v, %v: %s, want %s", c.before, c.after, got, c.want)
		}
	}
}

// twoCPUs returns two CPUs that this process may use.
func twoCPUs(t *testing.T) [2]int {
	t.Helper()
	cpus, err := numa.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if len(cpus) < 2 {
		t.Skipf("a round trip needs two CPUs, there is %d", len(cpus))
	}
	return [2]int{cpus[0], cpus[1]}
}

func TestRoundTrip(t *testing.T) {
	cpus := twoCPUs(t)
	defer Quiet(2)()
	took, err := RoundTrip(cpus)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("round trip %v: %s", took, Classify(took))
	if _, err := RoundTrip([2]int{cpus[0], 100_000}); !errors.Is(err, numa.ErrCPU) {
		t.Errorf("an unknown CPU: %v", err)
	}
	if d, err := RoundTrip([2]int{cpus[0], cpus[0]}); err == nil {
		t.Errorf("one CPU: %v, want an error", d)
	}
}
