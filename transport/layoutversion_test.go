package transport

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// fingerprint describes everything that two binaries must agree on to share a
// segment.
func fingerprint() string {
	var b strings.Builder
	for _, t := range []reflect.Type{
		reflect.TypeFor[header](), reflect.TypeFor[partRecord](),
		reflect.TypeFor[Word](), reflect.TypeFor[Line](), reflect.TypeFor[Slot](),
		reflect.TypeFor[LogControl](), reflect.TypeFor[LogReplica](), reflect.TypeFor[Bell](),
	} {
		fmt.Fprintf(&b, "%s: %d bytes\n", t.Name(), t.Size())
		for i := range t.NumField() {
			f := t.Field(i)
			fmt.Fprintf(&b, "\t%d %s %v\n", f.Offset, f.Name, f.Type)
		}
	}
	fmt.Fprintf(&b, "segment: magic %#x, parts aligned to %d, homes to %d\n", uint64(segmentMagic), partAlign, hugePageSize)
	fmt.Fprintf(&b, "log: generation of index 41 is %d\n", Generation(41))
	fmt.Fprintf(&b, "bell: rings below %#x, announcements above\n", uint64(announcement))

	c := Channel{taken: 0x3456789}
	for _, kind := range []uint64{kindFirst, kindContinuation, kindAck} {
		fmt.Fprintf(&b, "channel: header of kind %d: %#x\n", kind, c.header(0x1234, kind))
	}

	from := kernel.Origin{Node: 0x44, Thread: 0x55, Place: 0x6677}
	op := kernel.Op{Service: 0x11, Code: 0x22, Args: [kernel.MaxArgs]uint64{1, 2, 3, 4, 5, 6}, Data: []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09")}
	var p kernel.Payload
	kernel.EncodeHead(&p, &op, from)
	fmt.Fprintf(&b, "record: operation %#x\n", p)
	kernel.EncodeData(&p, op.Data, 0)
	fmt.Fprintf(&b, "record: data %#x, at most %d bytes\n", p, kernel.MaxData)
	kernel.EncodeResultHead(&p, op.Service, op.Code, &kernel.Result{Status: 3, Value: 9}, from)
	fmt.Fprintf(&b, "record: result %#x\n", p)
	return b.String()
}

// layoutOf is the layout of a LayoutVersion.
var layoutOf = map[int]string{
	1: `header: 73768 bytes
	0 magic uint64
	8 version uint64
	16 size uint64
	24 pageSize uint64
	32 parts uint64
	40 part [1024]transport.partRecord
partRecord: 72 bytes
	0 name [48]uint8
	48 home int64
	56 offset uint64
	64 size uint64
Word: 8 bytes
	0 v uint64
Line: 128 bytes
	0 Word transport.Word
	8 _ [120]uint8
Slot: 64 bytes
	0 header transport.Word
	8 payload [7]uint64
LogControl: 256 bytes
	0 Tail transport.Line
	128 Completed transport.Line
LogReplica: 512 bytes
	0 Applied transport.Line
	128 Filling transport.Line
	256 Joined transport.Line
	384 Bell transport.Bell
Bell: 128 bytes
	0 word transport.Line
segment: magic 0x314e52454b524e00, parts aligned to 4096, homes to 2097152
log: generation of index 41 is 42
bell: rings below 0x100000000, announcements above
channel: header of kind 1: 0x48d16789
channel: header of kind 2: 0x48d26789
channel: header of kind 3: 0x48d36789
record: operation [0x6677554400092211 0x1 0x2 0x3 0x4 0x5 0x6]
record: data [0x807060504030201 0x9 0x0 0x0 0x0 0x0 0x0], at most 1024 bytes
record: result [0x6677554400002211 0x3 0x9 0x0 0x0 0x0 0x0]
`,
}

// TestLayoutVersion: a binary refuses a segment of another layout by its
// version alone, so the version must change with the layout.
func TestLayoutVersion(t *testing.T) {
	got, want := fingerprint(), layoutOf[LayoutVersion]
	if got == want {
		return
	}
	t.Errorf(`what is laid out in a segment is not what LayoutVersion %d says.
Raise LayoutVersion in segment.go by one (unless version %[1]d was never released),
and put this under it in layoutOf:
%s
It was:
%s`, LayoutVersion, got, want)
}
