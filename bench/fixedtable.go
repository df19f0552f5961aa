package bench

import (
	"math/bits"

	"github.com/nrkern/nrkern/kernel"
)

// fixedTable is an open-addressing table of a fixed size: the C reference has
// the same, so that a comparison with it is one of structures. It is dealt out
// to two owners by the keys' lowest bit.
type fixedTable struct {
	_ [128]byte
	kernel.Simple
	entries []tableEntry
	shift   int
	_       [128]byte
}

// tableEntry holds the key + 1, so that zeroed memory is empty.
type tableEntry struct{ key, value uint64 }

var _ kernel.Service = (*fixedTable)(nil)

// newFixedTable makes a table that is at most half full with a number of keys.
func newFixedTable(keys uint64) kernel.Service {
	log := max(bits.Len64(2*keys-1), 4)
	return &fixedTable{entries: make([]tableEntry, 1<<log), shift: 64 - log}
}

// find returns the entry of a key, or the empty one where it belongs, or nil
// in a full table that does not have it.
func (t *fixedTable) find(key uint64) *tableEntry {
	i := key * 0x9e3779b97f4a7c15 >> t.shift
	for range t.entries {
		if e := &t.entries[i&uint64(len(t.entries)-1)]; e.key == key+1 || e.key == 0 {
			return e
		}
		i++
	}
	return nil
}

// Apply puts Args[1] under the key Args[0].
func (t *fixedTable) Apply(op *kernel.Op, res *kernel.Result) {
	e := t.find(op.Args[0])
	if e == nil {
		res.Status = kernel.StatusFull
		return
	}
	e.key, e.value = op.Args[0]+1, op.Args[1]
}

// Query gets what is under the key Args[0].
func (t *fixedTable) Query(op *kernel.Op, res *kernel.Result) {
	e := t.find(op.Args[0])
	if e == nil || e.key == 0 {
		res.Status = kernel.StatusNotFound
		return
	}
	res.Value = e.value
}

// Shards returns 2.
func (t *fixedTable) Shards() int { return 2 }

// Shard returns the lowest bit of the key.
func (t *fixedTable) Shard(op *kernel.Op) int { return int(op.Args[0] & 1) }

// Digest adds up the pairs.
func (t *fixedTable) Digest() uint64 {
	var sum uint64
	for _, e := range t.entries {
		if e.key != 0 {
			sum += (e.key - 1 ^ e.value*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
		}
	}
	return sum
}
