package kv

import (
	"encoding/binary"

	"github.com/nrkern/nrkern/kernel"
)

// Pair is a key and its word.
type Pair struct{ Key, Word uint64 }

const (
	pairBytes = 16
	// MaxPairs is the number of pairs that one operation or answer carries.
	MaxPairs = kernel.MaxData / pairBytes
)

// AppendPairs appends the pairs to data, as put-many takes them.
func AppendPairs(data []byte, pairs ...Pair) []byte {
	for _, p := range pairs {
		data = binary.LittleEndian.AppendUint64(data, p.Key)
		data = binary.LittleEndian.AppendUint64(data, p.Word)
	}
	return data
}

// pairAt returns pair i of data.
func pairAt(data []byte, i int) Pair {
	at := data[i*pairBytes:]
	return Pair{binary.LittleEndian.Uint64(at), binary.LittleEndian.Uint64(at[8:])}
}

// PairsOf appends the pairs in data, such as a scan's answer, to dst.
func PairsOf(dst []Pair, data []byte) []Pair {
	for i := range len(data) / pairBytes {
		dst = append(dst, pairAt(data, i))
	}
	return dst
}

// putMany puts the pairs one after the other, all or none.
func (kv *KV) putMany(op *kernel.Op, res *kernel.Result) {
	if res.Status = kv.Vote(op); res.Status != kernel.StatusOK {
		return
	}
	var one kernel.Result
	for i := range len(op.Data) / pairBytes {
		p := pairAt(op.Data, i)
		one.Value = 0
		kv.put(mix(p.Key), p.Word, &one)
		res.Value += one.Value
	}
}

// Vote answers StatusFull for a put-many that would exceed the limit on keys.
func (kv *KV) Vote(op *kernel.Op) kernel.Status {
	if op.Code != CodePutMany {
		return kernel.StatusOK
	}
	n := len(op.Data) / pairBytes
	if kv.table.keys+uint64(n) <= kv.limits.MaxKeys {
		return kernel.StatusOK
	}
	missing := uint64(0)
	for i := range n {
		if key := pairAt(op.Data, i).Key; !hasPair(op.Data[:i*pairBytes], key) && kv.table.find(mix(key)) == nil {
			missing++
		}
	}
	if kv.table.keys+missing > kv.limits.MaxKeys {
		return kernel.StatusFull
	}
	return kernel.StatusOK
}

func hasPair(data []byte, key uint64) bool {
	for i := range len(data) / pairBytes {
		if pairAt(data, i).Key == key {
			return true
		}
	}
	return false
}

// Span adds the shards of the operation's keys to a set.
func (kv *KV) Span(op *kernel.Op, set *kernel.ShardSet) {
	switch shard := kv.Shard(op); {
	case shard != kernel.AllShards:
		set.Add(shard)
	case op.Code == CodePutMany:
		for i := range len(op.Data) / pairBytes {
			set.Add(shardOf(mix(pairAt(op.Data, i).Key)))
		}
	default:
		set.AddAll(shards)
	}
}

// Split gives a part the pairs of its shards; size and scan are the same
// wherever they run, and answer of the shards that are there.
func (kv *KV) Split(op *kernel.Op, set *kernel.ShardSet, part *kernel.Op) {
	part.Service, part.Code, part.Args, part.Data = op.Service, op.Code, op.Args, part.Data[:0]
	for i := range len(op.Data) / pairBytes {
		if p := pairAt(op.Data, i); set.Has(shardOf(mix(p.Key))) {
			part.Data = AppendPairs(part.Data, p)
		}
	}
}

// Merge adds counts, and joins the pairs of scans in ascending order of keys.
func (kv *KV) Merge(op *kernel.Op, whole, part *kernel.Result) {
	if part.Status != kernel.StatusOK {
		whole.Status = part.Status
		return
	}
	if op.Code != CodeScan {
		whole.Value += part.Value
		return
	}
	var all lowest
	all.limit = int(op.Args[2])
	for _, data := range [][]byte{whole.Data, part.Data} {
		for i := range len(data) / pairBytes {
			all.add(pairAt(data, i))
		}
	}
	all.answer(whole)
}

// manyShard returns the shard of a put-many, if its pairs have but one.
func manyShard(data []byte) int {
	if len(data) < pairBytes {
		return 0 // no operation that Check lets pass
	}
	shard := shardOf(mix(pairAt(data, 0).Key))
	for i := 1; i < len(data)/pairBytes; i++ {
		if shardOf(mix(pairAt(data, i).Key)) != shard {
			return kernel.AllShards
		}
	}
	return shard
}
