package numa

import "math/bits"

// mask is a bit set as the system calls take them.
type mask []uint64

// Sizes of the masks handed to Linux. It refuses to fill a smaller one than
// its own (CONFIG_NR_CPUS at most 8192, MAX_NUMNODES at most 1024), and takes
// a larger one.
const (
	cpuMaskBits  = 1 << 13
	nodeMaskBits = 1 << 10
)

func newMask(size int) mask { return make(mask, size/64) }

// set adds a number; false when it does not fit.
func (m mask) set(n int) bool {
	if n < 0 || n >= len(m)*64 {
		return false
	}
	m[n/64] |= 1 << (n % 64)
	return true
}

func (m mask) list() []int {
	list := []int{}
	for i, word := range m {
		for ; word != 0; word &= word - 1 {
			list = append(list, i*64+bits.TrailingZeros64(word))
		}
	}
	return list
}
