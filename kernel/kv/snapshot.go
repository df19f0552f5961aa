package kv

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"slices"

	"github.com/nrkern/nrkern/kernel"
)

// A snapshot, all numbers little-endian:
//
//	header    magic "nrkernKV" | version uint64
//	          keys uint64 | keys with bytes uint64 | sum of their lengths uint64
//	records   key uint64 | 0xffff    uint16 | word uint64
//	          key uint64 | length n  uint16 | n bytes
//	trailer   CRC-64 (ECMA-182) of all before it, uint64
//
// Records are in ascending order of the keys' hashes, so equal states have
// equal snapshots, whatever their histories. The counts fix the length: a
// reader takes no byte beyond the trailer.
const (
	snapshotMagic   = "nrkernKV"
	snapshotVersion = 1
	headerBytes     = 40
	recordBytes     = 10 // before the value
	trailerBytes    = 8
	wordMark        = 0xffff
)

// ErrSnapshot is the error of a snapshot that Restore refuses.
var ErrSnapshot = errors.New("kv: bad snapshot")

// header is the counts of a snapshot.
type header struct{ keys, byteKeys, byteSum uint64 }

func (h header) append(dst []byte) []byte {
	dst = append(dst, snapshotMagic...)
	dst = binary.LittleEndian.AppendUint64(dst, snapshotVersion)
	dst = binary.LittleEndian.AppendUint64(dst, h.keys)
	dst = binary.LittleEndian.AppendUint64(dst, h.byteKeys)
	return binary.LittleEndian.AppendUint64(dst, h.byteSum)
}

// body returns the length of the records in bytes.
func (h header) body() uint64 {
	return h.keys*recordBytes + (h.keys-h.byteKeys)*8 + h.byteSum
}

// Snapshot writes the state. Equal states write equal bytes.
func (kv *KV) Snapshot(w io.Writer) error {
	sum := crc64.New(crc64.MakeTable(crc64.ECMA))
	out := bufio.NewWriterSize(io.MultiWriter(sum, w), 1<<16)
	buf := header{kv.table.keys, kv.byteKeys, kv.byteSum}.append(make([]byte, 0, recordBytes+kernel.MaxData))
	// A bufio.Writer keeps its first error for Flush.
	_, _ = out.Write(buf)
	t := &kv.table
	var sorted []entry
	for i := uint64(0); i < uint64(len(t.dir)); i = t.next(i) {
		sorted = sorted[:0]
		for k := range t.dir[i].buckets {
			for _, e := range t.dir[i].buckets[k] {
				if e.tag != 0 {
					sorted = append(sorted, e)
				}
			}
		}
		slices.SortFunc(sorted, func(a, b entry) int { return cmp.Compare(a.tag&hashMask, b.tag&hashMask) })
		for k := range sorted {
			e := &sorted[k]
			buf = binary.LittleEndian.AppendUint64(buf[:0], unmix(t.hash(i, e)))
			if e.tag&bytesFlag == 0 {
				buf = binary.LittleEndian.AppendUint16(buf, wordMark)
				buf = binary.LittleEndian.AppendUint64(buf, e.value)
			} else {
				buf = binary.LittleEndian.AppendUint16(buf, uint16(ref(e.value).len()))
				buf = append(buf, kv.arena.bytes(ref(e.value))...)
			}
			_, _ = out.Write(buf)
		}
	}
	err := out.Flush()
	if err == nil {
		_, err = w.Write(binary.LittleEndian.AppendUint64(buf[:0], sum.Sum64()))
	}
	if err != nil {
		return fmt.Errorf("kv: write snapshot: %w", err)
	}
	return nil
}
