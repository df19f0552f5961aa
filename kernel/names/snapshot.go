package names

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
)

// A snapshot, all numbers little-endian, 64 bits where nothing else is said:
//
//	header    magic "nrkernNS" | version | length of the body
//	body      for each shard with anything: its number, one byte | tick | how many
//	          names; for each name, in ascending order: length, one byte, and name |
//	          which parts, one byte | the parts
//	trailer   CRC-64 (ECMA-182) of the body
//
// Equal states have equal snapshots, whatever their histories.
const (
	snapshotMagic   = "nrkernNS"
	snapshotVersion = 1
	headerBytes     = 24
	// maxBody is more than any instance's limits allow in one.
	maxBody = 1 << 40
)

// ErrSnapshot is the error of a snapshot that Restore refuses.
var ErrSnapshot = errors.New("names: bad snapshot")

// The parts of an entry, as its snapshot's bits have them.
const (
	hasRecord = 1 << iota
	hasLock
	hasBarrier
	hasTopic
	partsEnd
)

// Snapshot writes the state. Equal states write equal bytes.
func (s *Names) Snapshot(w io.Writer) error {
	var body []byte
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.tick == 0 && len(sh.entries) == 0 {
			continue
		}
		body = appendWords(append(body, byte(i)), sh.tick, uint64(len(sh.entries)))
		for _, e := range sh.entries {
			body = e.append(body)
		}
	}
	out := appendWords([]byte(snapshotMagic), snapshotVersion, uint64(len(body)))
	out = append(out, body...)
	out = appendWords(out, crc64.Checksum(body, crc64.MakeTable(crc64.ECMA)))
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("names: write snapshot: %w", err)
	}
	return nil
}

func appendWords(dst []byte, words ...uint64) []byte {
	for _, v := range words {
		dst = binary.LittleEndian.AppendUint64(dst, v)
	}
	return dst
}

// appendList appends how many there are, and all.
func appendList(dst []byte, list []uint64) []byte {
	return appendWords(appendWords(dst, uint64(len(list))), list...)
}

func (e *entry) append(b []byte) []byte {
	b = appendName(b, e.name)
	at := len(b)
	b = append(b, 0)
	if r := e.record; r != nil {
		b[at] |= hasRecord
		b = append(appendWords(b, r.version, r.session, r.fence, uint64(len(r.data))), r.data...)
	}
	if l := e.lock; l != nil {
		b[at] |= hasLock
		b = appendList(appendWords(b, l.holder, l.token), l.waiting)
	}
	if a := e.barrier; a != nil {
		b[at] |= hasBarrier
		b = appendList(appendWords(b, a.need, a.ticket), a.inside)
	}
	if t := e.topic; t != nil {
		b[at] |= hasTopic
		b = appendWords(b, uint64(len(t.boxes)))
		for _, box := range t.boxes {
			b = appendWords(b, box.session, box.size, box.lost, uint64(len(box.messages)))
			for _, m := range box.messages {
				b = append(appendWords(b, m.number, uint64(len(m.text))), m.text...)
			}
		}
	}
	return b
}

// Digest returns the sum, modulo 2^64, of a mix of each entry and of each shard's
// counter: it depends on the contents alone.
func (s *Names) Digest() uint64 {
	var sum uint64
	var b []byte
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.tick != 0 {
			sum += mix(mix(uint64(i)+0x51_7cc1b727220a95) ^ sh.tick)
		}
		for _, e := range sh.entries {
			b = e.append(b[:0])
			sum += hash(b)
		}
	}
	return sum
}

// Restore replaces the state by a snapshot's. It reads exactly the snapshot and
// checks all of it; after an error (which wraps ErrSnapshot, or the reader's own
// error) the state is what it was. Memory grows with what has been read, never with
// what the header claims.
func (s *Names) Restore(r io.Reader) error {
	var head [headerBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return cutOff(err, "the header")
	}
	if string(head[:8]) != snapshotMagic {
		return fmt.Errorf("%w: it begins with %q, not with %q: it is not a snapshot of names", ErrSnapshot, head[:8], snapshotMagic)
	}
	if v := binary.LittleEndian.Uint64(head[8:]); v != snapshotVersion {
		return fmt.Errorf("%w: it has version %d, this program reads version %d: use the program that wrote it", ErrSnapshot, v, snapshotVersion)
	}
	length := binary.LittleEndian.Uint64(head[16:])
	if length > maxBody {
		return fmt.Errorf("%w: %d bytes cannot be: the header is damaged", ErrSnapshot, length)
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(length)); err != nil {
		return cutOff(err, "the body")
	}
	var sum [8]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return cutOff(err, "the checksum")
	}
	found, want := binary.LittleEndian.Uint64(sum[:]), crc64.Checksum(body.Bytes(), crc64.MakeTable(crc64.ECMA))
	if found != want {
		return fmt.Errorf("%w: its checksum is %#x, its contents give %#x: it is damaged: take it again", ErrSnapshot, found, want)
	}
	fresh := New(s.limits)
	in := &reader{data: body.Bytes()}
	for in.err == nil && len(in.data) > 0 {
		fresh.restoreShard(in)
	}
	if in.err != nil {
		return in.err
	}
	if fresh.names > s.limits.MaxNames || fresh.bytes > s.limits.MaxBytes {
		return fmt.Errorf("%w: it has %d names and %d bytes, this instance takes %d and %d: raise Options", ErrSnapshot, fresh.names, fresh.bytes, s.limits.MaxNames, s.limits.MaxBytes)
	}
	*s = *fresh
	return nil
}

func cutOff(err error, at string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends within %s: it was cut off: take it again", ErrSnapshot, at)
	}
	return fmt.Errorf("names: read %s of the snapshot: %w", at, err)
}
