package kv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"

	"github.com/nrkern/nrkern/kernel"
)

// Restore replaces the state by a snapshot's. It reads exactly the snapshot
// and checks all of it; after an error (which wraps ErrSnapshot, or the
// reader's own error) the state is what it was. While it reads, memory grows
// with what has been read, never with what the header claims.
func (kv *KV) Restore(r io.Reader) error {
	in := &snapshotReader{sum: crc64.New(crc64.MakeTable(crc64.ECMA))}
	counts, err := in.header(r, kv.limits)
	if err != nil {
		return err
	}
	in.r = bufio.NewReaderSize(io.LimitReader(r, int64(counts.body())+trailerBytes), 1<<16)
	fresh := New(kv.limits)
	entries, hashes, err := in.records(fresh, counts)
	if err != nil {
		return err
	}
	fresh.table.reserve(uint64(len(entries)))
	for i, h := range hashes {
		*fresh.table.insert(h) = entries[i]
	}
	*kv = *fresh
	return nil
}

// snapshotReader reads the parts of a snapshot and sums them.
type snapshotReader struct {
	r   io.Reader
	sum hash.Hash64
}

// read fills b; at says where in the snapshot this is.
func (in *snapshotReader) read(b []byte, at string) error {
	if _, err := io.ReadFull(in.r, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: it ends within %s: it was cut off: take it again", ErrSnapshot, at)
		}
		return fmt.Errorf("kv: read %s of the snapshot: %w", at, err)
	}
	return nil
}

func (in *snapshotReader) header(r io.Reader, limits Options) (h header, err error) {
	in.r = r
	b := make([]byte, headerBytes)
	if err := in.read(b, "the header"); err != nil {
		return h, err
	}
	if string(b[:8]) != snapshotMagic {
		return h, fmt.Errorf("%w: it begins with %q, not with %q: it is not a snapshot of kv", ErrSnapshot, b[:8], snapshotMagic)
	}
	if v := binary.LittleEndian.Uint64(b[8:]); v != snapshotVersion {
		return h, fmt.Errorf("%w: it has version %d, this program reads version %d: use the program that wrote it", ErrSnapshot, v, snapshotVersion)
	}
	h = header{
		keys:     binary.LittleEndian.Uint64(b[16:]),
		byteKeys: binary.LittleEndian.Uint64(b[24:]),
		byteSum:  binary.LittleEndian.Uint64(b[32:]),
	}
	_, _ = in.sum.Write(b)
	switch {
	case h.keys > limits.MaxKeys:
		return h, fmt.Errorf("%w: it has %d keys, this instance takes %d: raise Options.MaxKeys", ErrSnapshot, h.keys, limits.MaxKeys)
	case h.byteSum > limits.MaxBytes:
		return h, fmt.Errorf("%w: its byte values have %d bytes, this instance takes %d: raise Options.MaxBytes", ErrSnapshot, h.byteSum, limits.MaxBytes)
	case h.keys >= 1<<48 || h.byteKeys > h.keys || h.byteSum > h.byteKeys*kernel.MaxData:
		return h, fmt.Errorf("%w: %d keys, of which %d with %d bytes in all, cannot be: the header is damaged", ErrSnapshot, h.keys, h.byteKeys, h.byteSum)
	}
	return h, nil
}

// records reads the records and the trailer. Byte values go into the arena of
// kv; the entries, which are certain only when the sum has been compared, are
// returned with their hashes.
func (in *snapshotReader) records(kv *KV, want header) (entries []entry, hashes []uint64, err error) {
	buf := make([]byte, recordBytes+kernel.MaxData)
	for i := range want.keys {
		if err := in.read(buf[:recordBytes], "the records"); err != nil {
			return nil, nil, err
		}
		key := binary.LittleEndian.Uint64(buf)
		length := int(binary.LittleEndian.Uint16(buf[8:]))
		n := length
		if length == wordMark {
			n = 8
		} else if length > kernel.MaxData {
			return nil, nil, damaged(i, "key %d has %d bytes, at most %d are possible", key, length, kernel.MaxData)
		}
		value := buf[recordBytes : recordBytes+n]
		if err := in.read(value, "the records"); err != nil {
			return nil, nil, err
		}
		_, _ = in.sum.Write(buf[:recordBytes+n])

		h := mix(key)
		if i > 0 && h <= hashes[i-1] {
			return nil, nil, damaged(i, "key %d is out of order or there twice", key)
		}
		e := entry{tag: wanted(h)}
		if length == wordMark {
			e.value = binary.LittleEndian.Uint64(value)
		} else {
			kv.byteKeys++
			kv.byteSum += uint64(n)
			if kv.byteKeys > want.byteKeys || kv.byteSum > want.byteSum {
				break // More than the header says: the sums below differ.
			}
			e.tag |= bytesFlag
			e.value = uint64(kv.arena.store(value))
		}
		entries, hashes = append(entries, e), append(hashes, h)
	}
	if kv.byteKeys != want.byteKeys || kv.byteSum != want.byteSum {
		return nil, nil, damaged(want.keys, "there are other byte values than the %d with %d bytes that the header says", want.byteKeys, want.byteSum)
	}
	if err := in.read(buf[:trailerBytes], "the checksum"); err != nil {
		return nil, nil, err
	}
	if found, sum := binary.LittleEndian.Uint64(buf), in.sum.Sum64(); found != sum {
		return nil, nil, fmt.Errorf("%w: its checksum is %#x, its contents give %#x: it is damaged: take it again", ErrSnapshot, found, sum)
	}
	return entries, hashes, nil
}

func damaged(record uint64, format string, args ...any) error {
	return fmt.Errorf("%w: record %d: %s: it is damaged: take it again", ErrSnapshot, record, fmt.Sprintf(format, args...))
}
