package workload

import "math/bits"

// Random is a generator of 64-bit words with 64 bits of state, after wyrand
// (Wang Yi, 2019): one addition and one wide multiplication a word. It is not
// for secrets.
type Random struct{ state uint64 }

const (
	randomStep = 0xa0761d6478bd642f
	randomMask = 0xe7037ed1a0b428db
)

// NewRandom returns the generator of one stream of a seed: a worker's, say.
// Streams start at unrelated places of one cycle of 2^64.
func NewRandom(seed, stream uint64) Random {
	r := Random{seed}
	r.state = r.Next() + stream*0x9e3779b97f4a7c15
	r.state = r.Next()
	return r
}

// Next returns the next word.
func (r *Random) Next() uint64 {
	r.state += randomStep
	hi, lo := bits.Mul64(r.state, r.state^randomMask)
	return hi ^ lo
}

// Below returns a number below n, which is not 0. Its bias is below n/2^64.
func (r *Random) Below(n uint64) uint64 {
	hi, _ := bits.Mul64(r.Next(), n)
	return hi
}
