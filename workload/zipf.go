package workload

import (
	"math"
	"math/bits"
)

// zipf draws ranks from 1 to n with probability proportional to rank^-theta,
// exactly (to the precision of a float64), in constant time and without
// logarithms in all but a few percent of the draws.
//
// It is rejection from a step function above the density. Ranks are grouped in
// steps within which the density falls by 1/32 at most; a step is chosen with
// probability proportional to its width times its highest density (Walker's
// alias method, 1977, set up as Vose, 1991), a rank in it evenly, and the rank
// is accepted with the probability (rank/first)^-theta. As 31/32 is below that
// for every rank of the step, a comparison accepts nearly always. For 2^26
// ranks and theta 1 the table has about 500 steps, 16 KiB.
type zipf struct {
	steps []step
	theta float64
	shuffle
}

// step is one step of the function, and a slot of the alias table.
type step struct {
	threshold uint64 // of the fraction of the draw below which the slot is its own step
	accept    uint64 // fractions below this accept any rank of the step
	first     uint32 // the step's first rank, less 1
	width     uint32
	alias     uint32 // the other step of the slot
}

const stepFall = 32

func newZipf(n uint64, theta float64) *zipf {
	z := &zipf{theta: theta, shuffle: newShuffle(n)}
	grow := math.Pow(stepFall/(stepFall-1.0), 1/theta)
	var weights []float64
	for first := uint64(1); first <= n; {
		last := n
		if reach := float64(first) * grow; reach < float64(n) {
			last = max(first, uint64(reach))
		}
		width := last - first + 1
		highest := math.Pow(float64(first), -theta)
		weights = append(weights, float64(width)*highest)
		// Rounded down a little: what it does not accept is looked at closely.
		accept := math.Pow(float64(last)/float64(first), -theta) * (1 - 1e-9)
		z.steps = append(z.steps, step{
			accept: fraction(accept), first: uint32(first - 1), width: uint32(width),
		})
		first = last + 1
	}
	z.alias(weights)
	return z
}

// fraction returns p, below 1, as 64 bits after the point.
func fraction(p float64) uint64 {
	if p >= 1 {
		return math.MaxUint64
	}
	return uint64(p * (1 << 63) * 2)
}

// alias pairs every step that has less than its share of the probability with
// one that has more.
func (z *zipf) alias(weights []float64) {
	total := 0.0
	for i := len(weights) - 1; i >= 0; i-- { // the small ones first
		total += weights[i]
	}
	var small, large []int
	for i := range weights {
		weights[i] *= float64(len(weights)) / total
		if weights[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		z.steps[s].threshold, z.steps[s].alias = fraction(weights[s]), uint32(l)
		weights[l] -= 1 - weights[s]
		if weights[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(small, large...) { // 1, but for rounding
		z.steps[i].threshold, z.steps[i].alias = math.MaxUint64, uint32(i)
	}
}

// rank returns a rank, less 1.
func (z *zipf) rank(r *Random) uint64 {
	for {
		slot, rest := bits.Mul64(r.Next(), uint64(len(z.steps)))
		s := &z.steps[slot]
		// The slot if the fraction is below the threshold, else its alias:
		// without a branch, half of whose guesses would be wrong.
		_, below := bits.Sub64(rest, s.threshold, 0)
		other := uint64(s.alias)
		s = &z.steps[other^(other^slot)&-below]
		at, rest := bits.Mul64(r.Next(), uint64(s.width))
		if rest < s.accept || z.acceptClosely(s, at, rest) {
			return uint64(s.first) + at
		}
	}
}

func (z *zipf) acceptClosely(s *step, at, rest uint64) bool {
	first := float64(s.first) + 1
	return float64(rest)*0x1p-64 < math.Pow((first+float64(at))/first, -z.theta)
}

// key returns a key: a rank sent to its place by the shuffle.
func (z *zipf) key(r *Random) uint64 { return z.place(z.rank(r)) }

// shuffle is the permutation x -> x*factor mod n, for which neighbours lie
// about 0.618 n apart and n and factor have no common divisor.
type shuffle struct{ n, factor, quotient uint64 }

func newShuffle(n uint64) shuffle {
	factor := uint64(float64(n) * (math.Sqrt(5) - 1) / 2)
	for factor == 0 || gcd(factor, n) != 1 {
		factor++
	}
	if n == 1 {
		factor = 0 // 1 mod 1
	}
	quotient, _ := bits.Div64(factor, 0, n)
	return shuffle{n, factor, quotient}
}

// place multiplies modulo n without a division (Shoup's method): the quotient
// is estimated from factor/n, too low by 1 at most.
func (s *shuffle) place(x uint64) uint64 {
	q, _ := bits.Mul64(x, s.quotient)
	y := x*s.factor - q*s.n
	if y >= s.n {
		y -= s.n
	}
	return y
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
