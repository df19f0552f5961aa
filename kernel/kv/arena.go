package kv

import (
	"encoding/binary"
	"math/bits"

	"github.com/nrkern/nrkern/kernel"
)

const (
	// classes is the number of block sizes: 16, 24, 32, 48, ... 768, 1024.
	classes = 13
	// chunkShift makes a chunk 64 KiB (48 KiB for the sizes between powers of
	// two): what one operation allocates at most.
	chunkShift = 16
)

// Block sizes must reach the longest byte string.
var _ [kernel.MaxData]byte = [16 << ((classes - 1) / 2)]byte{}

// ref says where a byte string lies: its length in the first 16 bits, the
// number of its block among those of its size in the others.
type ref uint64

func makeRef(n int, block uint64) ref { return ref(uint64(n)<<48 | block) }

func (r ref) len() int      { return int(r >> 48) }
func (r ref) block() uint64 { return uint64(r) & (1<<48 - 1) }

// classOf returns the class of the smallest blocks that hold n bytes.
func classOf(n int) int {
	if n <= 16 {
		return 0
	}
	b := bits.Len(uint(n - 1))
	if n <= 3<<(b-2) {
		return 2*(b-5) + 1
	}
	return 2*(b-5) + 2
}

// sizeOf returns the size of a class's blocks in bytes.
func sizeOf(class int) int {
	if class%2 == 0 {
		return 16 << (class / 2)
	}
	return 24 << (class / 2)
}

// perChunk returns the binary logarithm of the number of blocks in a chunk.
func perChunk(class int) int { return chunkShift - 4 - (class+1)/2 }

// arena holds byte strings in blocks of a few sizes. Nothing in a chunk is a
// pointer; a free block holds the number of the next one.
type arena struct{ pools [classes]pool }

// pool is the blocks of one size.
type pool struct {
	chunks [][]byte
	free   uint64 // one more than the first free block, 0 if there is none
	fresh  uint64 // blocks from here on were never used
}

// store copies data into a block.
func (a *arena) store(data []byte) ref {
	if len(data) == 0 {
		return 0
	}
	class := classOf(len(data))
	p := &a.pools[class]
	block := p.free - 1
	if p.free != 0 {
		p.free = binary.LittleEndian.Uint64(p.at(class, block))
	} else {
		block = p.fresh
		if block>>perChunk(class) == uint64(len(p.chunks)) {
			p.chunks = append(p.chunks, make([]byte, sizeOf(class)<<perChunk(class)))
		}
		p.fresh++
	}
	copy(p.at(class, block), data)
	return makeRef(len(data), block)
}

// replace frees old and stores data, in the same block if it fits there.
func (a *arena) replace(old ref, data []byte) ref {
	if old.len() != 0 && len(data) != 0 && classOf(old.len()) == classOf(len(data)) {
		class := classOf(len(data))
		copy(a.pools[class].at(class, old.block()), data)
		return makeRef(len(data), old.block())
	}
	a.free(old)
	return a.store(data)
}

// free gives the block of r back.
func (a *arena) free(r ref) {
	if r.len() == 0 {
		return
	}
	class := classOf(r.len())
	p := &a.pools[class]
	binary.LittleEndian.PutUint64(p.at(class, r.block()), p.free)
	p.free = r.block() + 1
}

// bytes returns the byte string of r, in place.
func (a *arena) bytes(r ref) []byte {
	if r.len() == 0 {
		return nil
	}
	class := classOf(r.len())
	return a.pools[class].at(class, r.block())[:r.len()]
}

// at returns a block.
func (p *pool) at(class int, block uint64) []byte {
	shift := perChunk(class)
	offset := int(block&(1<<shift-1)) * sizeOf(class)
	return p.chunks[block>>shift][offset : offset+sizeOf(class)]
}
