package measure

import (
	"math"
	"math/rand/v2"
	"testing"
)

func upTo(n int) []float64 {
	s := make([]float64, n)
	for i := range s {
		s[i] = float64((i*7)%n + 1) // 1 to n, not in order (n is no multiple of 7)
	}
	return s
}

// TestMedian: the order statistics are those of the tables for the sign test
// (two-sided, 95 %).
func TestMedian(t *testing.T) {
	for _, c := range []struct {
		n                 int
		median, low, high float64
	}{
		{1, 1, 1, 1},
		{2, 1.5, 1, 2},
		{5, 3, 1, 5}, // the whole range: 93.75 %
		{6, 3.5, 1, 6},
		{8, 4.5, 1, 8},
		{9, 5, 2, 8},
		{11, 6, 2, 10},
		{15, 8, 4, 12},
		{20, 10.5, 6, 15},
		{30, 15.5, 10, 21},
	} {
		got := Median(upTo(c.n))
		if want := (Estimate{c.median, c.low, c.high, c.n}); got != want {
			t.Errorf("%d samples: %+v, want %+v", c.n, got, want)
		}
	}
	if got := Median(nil); !math.IsNaN(got.Median) || got.Samples != 0 {
		t.Errorf("no samples: %+v", got)
	}
}

// TestRatio: the ratio is that of the medians, its interval holds it and the
// true ratio nearly always, and it is the same at every call.
func TestRatio(t *testing.T) {
	a, b := []float64{2, 4, 6}, []float64{1, 2, 3}
	if got := Ratio(a, b); got.Median != 2 || got.Low > 2 || got.High < 2 || got != Ratio(a, b) {
		t.Errorf("Ratio = %+v", got)
	}
	if got := Ratio([]float64{3, 3, 3}, []float64{2, 2}); got != (Estimate{1.5, 1.5, 1.5, 2}) {
		t.Errorf("of constants: %+v", got)
	}
	random := rand.New(rand.NewPCG(3, 4))
	held := 0
	const trials = 200
	for range trials {
		a, b := make([]float64, 21), make([]float64, 21)
		for i := range a {
			a[i] = 100 * math.Exp(0.1*random.NormFloat64())
			b[i] = 80 * math.Exp(0.1*random.NormFloat64())
		}
		if q := Ratio(a, b); q.Low <= 1.25 && 1.25 <= q.High {
			held++
		}
	}
	if held < trials*9/10 {
		t.Errorf("the interval held the true ratio %d times of %d", held, trials)
	}
}
