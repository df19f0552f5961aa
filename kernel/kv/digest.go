package kv

import "encoding/binary"

// Digest returns the sum, modulo 2^64, of a mix of each key, kind and value. It
// depends on the contents alone: neither on the history nor on the limits. It
// visits every entry, so that it also notices memory that was damaged behind
// the service's back.
func (kv *KV) Digest() uint64 {
	var sum uint64
	kv.table.each(func(h uint64, e *entry) {
		if e.tag&bytesFlag == 0 {
			sum += digestWord(h, e.value)
		} else {
			sum += digestBytes(h, kv.arena.bytes(ref(e.value)))
		}
	})
	return sum
}

// Where the mixes of words and of bytes begin: different odd constants keep a
// word from looking like the bytes that spell it.
const (
	wordSeed  = 0xd6e8feb86659fd93
	bytesSeed = 0xa0761d6478bd642f
)

// Each step is a permutation of what it adds to, so two values of one key that
// differ in a single word always differ in their mix.

func digestWord(h, value uint64) uint64 {
	return mix(mix(h^wordSeed) ^ value)
}

func digestBytes(h uint64, data []byte) uint64 {
	// The length tells "a" from "a\x00".
	d := mix(mix(h^bytesSeed) ^ uint64(len(data)))
	for ; len(data) >= 8; data = data[8:] {
		d = mix(d ^ binary.LittleEndian.Uint64(data))
	}
	if len(data) > 0 {
		var last [8]byte
		copy(last[:], data)
		d = mix(d ^ binary.LittleEndian.Uint64(last[:]))
	}
	return d
}
