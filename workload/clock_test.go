package workload

import (
	"testing"
	"time"
)

func TestInvariantCounter(t *testing.T) {
	const good = "processor\t: 0\nflags\t\t: fpu tsc constant_tsc nonstop_tsc\n\n"
	for _, c := range []struct {
		name, info string
		want       bool
	}{
		{"invariant", good + good, true},
		{"one CPU is not", good + "flags\t\t: fpu tsc constant_tsc\n", false},
		{"stops when idle", "flags : tsc constant_tsc\n", false},
		{"part of a name", "flags : constant_tsc_x nonstop_tsc\n", false},
		{"no file", "", false},
	} {
		if got := invariantCounter([]byte(c.info)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestClockAgrees compares both sources with time.Now. The bound is wide: what
// it would miss is a wrong unit or a broken multiplication, not drift.
func TestClockAgrees(t *testing.T) {
	for _, c := range []*Clock{ProcessClock(), newClock(false)} {
		outer := time.Now()
		t0 := c.Ticks()
		inner := time.Now()
		time.Sleep(50 * time.Millisecond)
		least := time.Since(inner)
		got := time.Duration(c.Nanoseconds(c.Ticks() - t0))
		most := time.Since(outer)
		if got < least*99/100 || got > most*101/100 {
			t.Errorf("%s: %v, want %v to %v", c.Source(), got, least, most)
		}
	}
	long := &Clock{rate: 1 << 31} // half a nanosecond a tick
	if got := long.Nanoseconds(1 << 60); got != 1<<59 {
		t.Errorf("2^60 ticks of 0.5 ns: %d", got)
	}
}
