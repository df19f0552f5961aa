package kv

// The finaliser of SplitMix64 in David Stafford's variant 13 ("Better bit
// mixing", 2011): every input bit changes every output bit with probability
// close to one half, for sequential keys as for sparse ones.
const (
	mixAdd  = 0x9e3779b97f4a7c15
	mixMul1 = 0xbf58476d1ce4e5b9
	mixMul2 = 0x94d049bb133111eb
	// The inverses of the factors modulo 2^64.
	unmixMul1 = 0x96de1b173f119089
	unmixMul2 = 0x319642b2d24d8ec3
)

// mix is a permutation of the 64-bit words, the same on every replica.
func mix(x uint64) uint64 {
	x += mixAdd
	x = (x ^ x>>30) * mixMul1
	x = (x ^ x>>27) * mixMul2
	return x ^ x>>31
}

// unmix is the inverse of mix: the key of a hash.
func unmix(h uint64) uint64 {
	h = (h ^ h>>31 ^ h>>62) * unmixMul2
	h = (h ^ h>>27 ^ h>>54) * unmixMul1
	return (h ^ h>>30 ^ h>>60) - mixAdd
}

const (
	shards = 256
	// shardShift puts the shard's bits between those of the slot (from the
	// bottom) and those of the directory (from the top): an instance that holds
	// a few shards only still fills its table evenly.
	shardShift = 24
)

func shardOf(h uint64) int { return int(h >> shardShift % shards) }
