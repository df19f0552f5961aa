package transport

import (
	"math"
	"math/bits"
)

// DurationClasses is the number of classes of durations: four to a power of two,
// up to 2^42 ns. The programs at the probe sites (tracing/bpf/sites.c) have the
// same.
const DurationClasses = 168

// Durations counts durations by class.
type Durations [DurationClasses]uint64

// DurationClass returns the class of a duration in nanoseconds; longer ones than
// there are classes for count in the last.
func DurationClass(ns uint64) int {
	if ns < 4 {
		return int(ns)
	}
	power := bits.Len64(ns) - 1
	return min(power*4+int(ns>>(power-2)&3), DurationClasses-1)
}

// DurationAtMost returns the largest duration of a class, in nanoseconds. A class
// is a quarter of a power of two wide, so that is at most 25 % too large.
func DurationAtMost(class int) uint64 {
	if class < 8 {
		return uint64(min(class, 3)) // no duration has 4 to 7
	}
	power, quarter := class/4, class%4
	return uint64(4+quarter+1)<<(power-2) - 1
}

// Quantile returns an upper bound of the duration that a share of those counted
// did not exceed, and false if there are none.
func (d *Durations) Quantile(q float64) (ns uint64, ok bool) {
	all := uint64(0)
	for _, n := range d {
		all += n
	}
	wanted := max(uint64(math.Ceil(q*float64(all))), 1)
	for class, n := range d {
		if n >= wanted {
			return DurationAtMost(class), true
		}
		wanted -= n
	}
	return 0, false
}
