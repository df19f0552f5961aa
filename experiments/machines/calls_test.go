package machines

import (
	"slices"
	"testing"
	"time"
)

// TestCalls: the longest time without an answer, from some time on, and the rates.
func TestCalls(t *testing.T) {
	ms := time.Millisecond
	c := Calls{Ended: []time.Duration{5 * ms, 15 * ms, 21 * ms, 100 * ms, 130 * ms}}
	for from, want := range map[time.Duration]time.Duration{0: 79 * ms, 90 * ms: 30 * ms, 25 * ms: 75 * ms, 200 * ms: 0} {
		if got := c.Gap(from); got != want {
			t.Errorf("from %v: %v, want %v", from, got, want)
		}
	}
	if got, want := c.PerSecond(60*ms), []float64{100, 50, 0}; !slices.Equal(got, want) {
		t.Errorf("%v calls a second, want %v", got, want)
	}
}
