package caps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"

	"github.com/nrkern/nrkern/kernel"
)

// A snapshot, in words of 64 bits, little-endian: the magic "nrkernCP", the version,
// the numbers of objects and of slots; then each object, in order: type and owner,
// base, bytes; then each slot, in ascending order of spaces and numbers: space,
// number and object; and the CRC-64 (ECMA-182) of all before it. Equal states have
// equal snapshots.
const (
	snapshotMagic   = "nrkernCP"
	snapshotVersion = 1
	headerWords     = 4
	// most is more than any state has of either.
	most = 1 << 32
)

// ErrSnapshot is the error of a snapshot that Restore refuses.
var ErrSnapshot = errors.New("caps: bad snapshot")

// Snapshot writes the state.
func (c *Caps) Snapshot(w io.Writer) error {
	slots := 0
	for space := range c.spaces {
		slots += len(c.spaces[space])
	}
	words := []uint64{binary.LittleEndian.Uint64([]byte(snapshotMagic)), snapshotVersion, uint64(len(c.objects)), uint64(slots)}
	number := map[*object]uint64{}
	for i, o := range c.objects {
		number[o] = uint64(i)
		words = append(words, uint64(o.Type)|uint64(o.owner)<<8, o.Base, o.Bytes)
	}
	for space := range c.spaces {
		for _, s := range c.spaces[space] {
			words = append(words, uint64(space)|uint64(s.number)<<8|number[s.object]<<32)
		}
	}
	var b []byte
	for _, v := range words {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = binary.LittleEndian.AppendUint64(b, crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)))
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("caps: write snapshot: %w", err)
	}
	return nil
}

// snapshotReader reads words and sums them; its first error stays.
type snapshotReader struct {
	r   io.Reader
	sum uint64
	err error
}

func (in *snapshotReader) word() uint64 {
	var b [8]byte
	if in.err != nil {
		return 0
	}
	if _, err := io.ReadFull(in.r, b[:]); err != nil {
		if in.err = fmt.Errorf("caps: read snapshot: %w", err); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			in.err = fmt.Errorf("%w: it was cut off: take it again", ErrSnapshot)
		}
		return 0
	}
	in.sum = crc64.Update(in.sum, crc64.MakeTable(crc64.ECMA), b[:])
	return binary.LittleEndian.Uint64(b[:])
}

func (in *snapshotReader) fail(format string, args ...any) {
	if in.err == nil {
		in.err = fmt.Errorf("%w: %s: it is damaged: take it again", ErrSnapshot, fmt.Sprintf(format, args...))
	}
}

// Restore replaces the state by a snapshot's. It reads exactly the snapshot and
// checks all of it; after an error the state is what it was.
func (c *Caps) Restore(r io.Reader) error {
	in := &snapshotReader{r: r}
	if magic := in.word(); magic != binary.LittleEndian.Uint64([]byte(snapshotMagic)) {
		in.fail("it is not a snapshot of caps")
	}
	if v := in.word(); v != snapshotVersion {
		in.fail("it has version %d, this program reads version %d", v, snapshotVersion)
	}
	objects, slots := in.word(), in.word()
	if objects > most || slots > most || objects > slots {
		in.fail("%d objects and %d slots cannot be", objects, slots)
	}
	fresh := New()
	for i := uint64(0); i < objects && in.err == nil; i++ {
		fresh.restoreObject(in)
	}
	last := -1
	for i := uint64(0); i < slots && in.err == nil; i++ {
		v := in.word()
		space, number, object := int(v&0xff), int(v>>8&0xffffff), v>>32
		if at := space<<24 | number; at <= last || space >= MaxSpaces || number < 1 || number > MaxSlot || object >= objects {
			in.fail("slot %d of space %d, object %d, is out of order or cannot be", number, space, object)
			break
		} else {
			last = at
		}
		o := fresh.objects[object]
		fresh.spaces[space] = append(fresh.spaces[space], slot{number, o})
		o.copies[space]++
	}
	for _, o := range fresh.objects {
		if in.err == nil && o.copies[o.owner] == 0 {
			in.fail("space %d owns %s and has no copy", o.owner, o.Region)
		}
	}
	sum := in.sum
	if found := in.word(); in.err == nil && found != sum {
		in.fail("its checksum is %#x, its contents give %#x", found, sum)
	}
	if in.err != nil {
		return in.err
	}
	*c = *fresh
	return nil
}

func (c *Caps) restoreObject(in *snapshotReader) {
	head := in.word()
	o := &object{Region: Region{Type(head), in.word(), in.word()}, owner: int(head >> 8)}
	if in.err != nil {
		return
	}
	if !o.valid() || head>>8 >= MaxSpaces {
		in.fail("there is no object %s of space %d", o.Region, head>>8)
		return
	}
	for i := len(c.objects) - 1; i >= 0; i-- {
		before := c.objects[i].Region
		if order(before, o.Region) >= 0 || before.Covers(o.Base, o.End()) && !o.Descends(before) {
			in.fail("%s and %s are out of order or overlap", before, o.Region)
			return
		}
		if o.Descends(before) {
			break // what is before that ends before it, or has it within
		}
	}
	c.objects = append(c.objects, o)
}

// Definition describes the service.
func Definition() *kernel.Definition {
	return &kernel.Definition{
		ID: ID, Name: "caps", New: func() kernel.Service { return New() },
		Check: Check, Parse: Parse, Format: Format, Usage: Usage, Called: Called,
	}
}
