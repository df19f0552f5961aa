package measure

import (
	"math"
	"math/rand/v2"
	"slices"
)

// confidence is the probability with which an Estimate's interval holds the
// true value.
const confidence = 0.95

// Estimate is a median, or a ratio of medians, with its interval.
type Estimate struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	// Samples is their number: of a ratio, on the side that has fewer. Below
	// six no interval of a median reaches the confidence; it is then the whole
	// range.
	Samples int `json:"samples"`
}

// Median returns the median of the samples, and the narrowest interval
// between two order statistics, as far from one end as from the other, that
// holds the median with the confidence, whatever the distribution.
func Median(samples []float64) Estimate {
	n := len(samples)
	if n == 0 {
		return Estimate{Median: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	s := slices.Sorted(slices.Values(samples))
	// The median lies below order statistic k, counted from 0, with the
	// probability that n throws of a coin show at most k heads.
	k, tail, term := 0, 0.0, math.Pow(0.5, float64(n))
	for i := range n / 2 {
		tail += term
		if 1-2*tail < confidence {
			break
		}
		k = i
		term *= float64(n-i) / float64(i+1)
	}
	return Estimate{Median: middle(s), Low: s[k], High: s[n-1-k], Samples: n}
}

// resamples is how often the bootstrap draws.
const resamples = 2000

// Ratio returns the ratio of two medians, with the percentile interval of
// the bootstrap (Efron, 1979): both sides are drawn anew, with replacement, and
// the ratio taken again. The draws are the same at every call.
func Ratio(a, b []float64) Estimate {
	random := rand.New(rand.NewPCG(1, 2))
	scratch := make([]float64, max(len(a), len(b)))
	draw := func(from []float64) float64 {
		s := scratch[:len(from)]
		for i := range s {
			s[i] = from[random.IntN(len(from))]
		}
		slices.Sort(s)
		return middle(s)
	}
	again := make([]float64, resamples)
	for i := range again {
		again[i] = draw(a) / draw(b)
	}
	slices.Sort(again)
	cut := int((1 - confidence) / 2 * resamples)
	return Estimate{
		Median: middle(slices.Sorted(slices.Values(a))) / middle(slices.Sorted(slices.Values(b))),
		Low:    again[cut], High: again[resamples-1-cut], Samples: min(len(a), len(b)),
	}
}

// middle is the median of sorted samples.
func middle(s []float64) float64 { return (s[(len(s)-1)/2] + s[len(s)/2]) / 2 }
