package transport

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDurationClasses: the bound of a duration's class is at or above it, and less
// than a quarter too large; and it is of that class itself.
func TestDurationClasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.Uint64Range(0, 1<<42-1).Draw(t, "ns")
		class := DurationClass(ns)
		if bound := DurationAtMost(class); bound < ns || bound > ns+ns/4 || DurationClass(bound) != class {
			t.Errorf("%d ns are in class %d, of at most %d", ns, class, bound)
		}
	})
	if c := DurationClass(1 << 60); c != DurationClasses-1 {
		t.Errorf("class %d", c)
	}
}

func TestDurationQuantile(t *testing.T) {
	var d Durations
	if _, ok := d.Quantile(0.5); ok {
		t.Error("nothing has a median")
	}
	d[DurationClass(1000)], d[DurationClass(100_000)] = 99, 1
	for q, least := range map[float64]uint64{0: 1000, 0.5: 1000, 0.99: 1000, 1: 100_000} {
		if ns, ok := d.Quantile(q); !ok || ns < least || ns > least+least/4 {
			t.Errorf("%v of them take at most %d, %v; want %d", q, ns, ok, least)
		}
	}
}
