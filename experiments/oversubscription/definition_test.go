package oversubscription

import (
	"fmt"
	"testing"

	"github.com/nrkern/nrkern/experiments/experiment"
)

// TestLayouts: every ratio is measured, however many CPUs there are, and all on
// as many.
func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		scale experiment.Scale
		cpus  int
		want  string
	}{
		{experiment.Quick, 1, "[{1 1 1} {2 2 1} {4 4 1}]"},
		{experiment.Quick, 2, "[{1 2 2} {2 4 2} {4 8 2}]"},
		{experiment.Quick, 192, "[{1 16 16} {2 32 16} {4 64 16}]"},
		{experiment.Full, 192, "[{1 8 8} {2 16 8} {4 32 8} {8 64 8}]"},
		{experiment.Smoke, 192, "[{2 64 32}]"},
	} {
		lab := &experiment.Lab{Scale: c.scale, CPUs: make([]int, c.cpus)}
		if got := fmt.Sprint(layouts(lab)); got != c.want {
			t.Errorf("%s on %d CPUs: %s, want %s", c.scale, c.cpus, got, c.want)
		}
	}
}
