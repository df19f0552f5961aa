package workload

import (
	"fmt"
	"math"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// draws is enough for the tests' bounds at five standard deviations, and few
// enough for the race detector.
const draws = 1 << 18

// chiSquare fails unless counts agree with the expected ones: the statistic is
// within five standard deviations of its mean. Draws come from a fixed seed,
// so the test is deterministic.
func chiSquare(t *testing.T, counts []int, expected []float64) {
	t.Helper()
	sum, cells := 0.0, 0
	for i, want := range expected {
		if want < 5 {
			t.Fatalf("cell %d expects %.1f: too few for the test", i, want)
		}
		d := float64(counts[i]) - want
		sum += d * d / want
		cells++
	}
	free := float64(cells - 1)
	if limit := free + 5*math.Sqrt(2*free) + 10; sum > limit {
		t.Errorf("chi-square %.1f over %d cells, more than %.1f", sum, cells, limit)
	}
}

func TestUniform(t *testing.T) {
	for _, n := range []uint64{1, 2, 7, 1000} {
		g := newGenerator(Spec{Keys: n, Distribution: Uniform, Seed: 3}, 0, 1)
		counts, expected := make([]int, n), make([]float64, n)
		var op kernel.Op
		for range draws {
			g.next(&op, 0)
			counts[op.Args[0]]++
		}
		if n == 1 {
			continue
		}
		for i := range expected {
			expected[i] = draws / float64(n)
		}
		chiSquare(t, counts, expected)
	}
}

// TestZipf compares ranks with the definition: one by one while they are
// frequent, the rest in groups that expect at least 100.
func TestZipf(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 100, 50_000, 1 << 20} {
		for _, theta := range []float64{MinZipfTheta, 0.5, 0.99, 1, 1.03, 2, MaxZipfTheta} {
			t.Run(fmt.Sprintf("%d keys, theta %v", n, theta), func(t *testing.T) {
				z := newZipf(n, theta)
				total := 0.0
				for r := n; r >= 1; r-- {
					total += math.Pow(float64(r), -theta)
				}
				var ends []uint64 // last rank of each group
				var expected []float64
				sum := 0.0
				for r := uint64(1); r <= n; r++ {
					sum += math.Pow(float64(r), -theta) / total * draws
					// Groups, so that the table of this test stays small.
					if sum >= 100 && (r <= 100 || sum >= draws/1000) {
						ends, expected, sum = append(ends, r), append(expected, sum), 0
					}
				}
				if len(ends) == 0 {
					t.Fatal("no groups")
				}
				ends[len(ends)-1] = n
				expected[len(expected)-1] += sum
				counts := make([]int, len(ends))
				random := NewRandom(5, n)
				for range draws {
					r := z.rank(&random) + 1
					if r > n {
						t.Fatalf("rank %d of %d", r, n)
					}
					counts[lowerBound(ends, r)]++
				}
				if len(ends) > 1 {
					chiSquare(t, counts, expected)
				}
			})
		}
	}
}

// lowerBound returns the index of the first of ends that is at least r.
func lowerBound(ends []uint64, r uint64) int {
	lo, hi := 0, len(ends)
	for lo < hi {
		if mid := (lo + hi) / 2; ends[mid] < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func TestZipfTableIsSmall(t *testing.T) {
	for _, theta := range []float64{MinZipfTheta, 1, MaxZipfTheta} {
		z := newZipf(MaxKeys, theta)
		t.Logf("theta %v: %d steps", theta, len(z.steps))
		if len(z.steps) > 4096 {
			t.Errorf("theta %v: %d steps", theta, len(z.steps))
		}
		// The steps are the ranks, once each.
		next := uint64(0)
		for _, s := range z.steps {
			if uint64(s.first) != next {
				t.Fatalf("theta %v: a step begins at %d, not %d", theta, s.first, next)
			}
			next += uint64(s.width)
		}
		if next != MaxKeys {
			t.Errorf("theta %v: %d ranks", theta, next)
		}
	}
}

// TestShuffle checks that places are a permutation, that they are the products
// modulo n, and that the hot keys are far apart.
func TestShuffle(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 6, 10, 97, 1000, 50_000, 65536, 100_003} {
		s := newShuffle(n)
		seen := make([]bool, n)
		for x := range n {
			y := s.place(x)
			if y >= n || seen[y] || y != x*s.factor%n {
				t.Fatalf("n %d: place %d of %d: out of range, twice, or not %d", n, y, x, x*s.factor%n)
			}
			seen[y] = true
		}
	}
	s := newShuffle(MaxKeys)
	for x := uint64(1); x < 8; x++ {
		a, b := s.place(x), s.place(x-1)
		if d := max(a, b) - min(a, b); d < MaxKeys/4 {
			t.Errorf("ranks %d and %d are %d apart", x, x+1, d)
		}
	}
}

func TestWriteRatio(t *testing.T) {
	for _, ratio := range []float64{0, 0.01, 0.5, 10, 33.3, 50, 99.9, 100} {
		for _, d := range []Distribution{Uniform, Zipf} {
			g := newGenerator(Spec{Keys: 50_000, WriteRatio: ratio, Distribution: d, ZipfTheta: 1.03, Seed: 9}, 1, 1)
			writes := 0
			var op kernel.Op
			for range draws {
				g.next(&op, 0)
				if !op.Code.IsQuery() {
					writes++
				}
			}
			p := ratio / 100
			if off := math.Abs(float64(writes) - p*draws); off > 5*math.Sqrt(draws*p*(1-p)) {
				t.Errorf("%s, %v %%: %d writes of %d", d, ratio, writes, draws)
			}
		}
	}
}

// TestWritesSpreadOverKeys checks that key and decision, which come from one
// draw, are independent.
func TestWritesSpreadOverKeys(t *testing.T) {
	const n = 16
	g := newGenerator(Spec{Keys: n, WriteRatio: 25, Distribution: Uniform, Seed: 4}, 2, 1)
	counts, expected := make([]int, 2*n), make([]float64, 2*n)
	var op kernel.Op
	for range draws {
		g.next(&op, 0)
		i := op.Args[0]
		expected[i], expected[n+i] = draws*0.75/n, draws*0.25/n
		if !op.Code.IsQuery() {
			i += n
		}
		counts[i]++
	}
	chiSquare(t, counts, expected)
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for seed := range uint64(64) {
		for stream := range uint64(64) {
			r := NewRandom(seed, stream)
			at := fmt.Sprintf("seed %d, stream %d", seed, stream)
			for range 8 {
				v := r.Next()
				if other, ok := seen[v]; ok {
					t.Fatalf("%s meets %s", at, other)
				}
				seen[v] = at
			}
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, c := range []struct {
		name string
		spec Spec
	}{
		{"uniform", Spec{Keys: 50_000, Distribution: Uniform, WriteRatio: 10}},
		{"zipf-0.99", Spec{Keys: 50_000, Distribution: Zipf, ZipfTheta: 0.99, WriteRatio: 10}},
		{"zipf-1.03", Spec{Keys: 50_000_000, Distribution: Zipf, ZipfTheta: 1.03, WriteRatio: 10}},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := newGenerator(c.spec, 0, 1)
			ops := make([]kernel.Op, 1)
			for b.Loop() {
				g.next(&ops[0], 0)
			}
		})
	}
}
