package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestDescriptor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := ServiceID(rapid.Byte().Draw(t, "service"))
		c := Code(rapid.Byte().Draw(t, "code"))
		n := rapid.IntRange(0, MaxData).Draw(t, "length")
		from := Origin{
			Node:   rapid.Byte().Draw(t, "node"),
			Thread: rapid.Byte().Draw(t, "thread"),
			Place:  rapid.Uint16().Draw(t, "place"),
		}
		d := Describe(s, c, n, from)
		if d.Service() != s || d.Code() != c || d.Len() != n || d.Origin() != from || d.Check() != nil {
			t.Fatalf("%#x reads back as %d, %#x, %d, %+v, %v", d, d.Service(), d.Code(), d.Len(), d.Origin(), d.Check())
		}
		step := Step(rapid.IntRange(0, int(StepAgree)).Draw(t, "step"))
		if at := d.At(step); d.Step() != StepExecute || at.Step() != step || at.Len() != n || at.Origin() != from || at.Check() != nil {
			t.Fatalf("%#x at step %d reads back as step %d of %d bytes", d, step, at.Step(), at.Len())
		}
		if p := d.Payloads(); p < 1 || p > MaxPayloads || (p-1)*payloadBytes < n || (p-2)*payloadBytes >= n && n > 0 {
			t.Fatalf("%d payloads for %d bytes", p, n)
		}
	})
}

// TestDescriptorLayout holds the layout: other versions read it.
func TestDescriptorLayout(t *testing.T) {
	d := Describe(0x11, 0x22, 0x333, Origin{Node: 0x44, Thread: 0x55, Place: 0x6677})
	if want := Descriptor(0x6677_55_44_0333_22_11); d != want {
		t.Errorf("got %#x, want %#x", d, want)
	}
	if got, want := d.At(StepAbort), Descriptor(0x6677_55_44_6333_22_11); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

func TestDescriptorCheck(t *testing.T) {
	for n, good := range map[int]bool{0: true, 1: true, MaxData: true, MaxData + 1: false, 1<<lengthBits - 1: false} {
		err := Describe(1, 2, n, Origin{}).Check()
		if good != (err == nil) || !good && !errors.Is(err, ErrBadRecord) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestPayloads(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 2, 56: 2, 57: 3, 112: 3, 113: 4, MaxData: MaxPayloads} {
		if got := Payloads(n); got != want {
			t.Errorf("%d bytes: %d payloads, want %d", n, got, want)
		}
	}
}

// encode writes the record of op as a log or a channel does.
func encode(op *Op, from Origin) []Payload {
	ps := make([]Payload, Payloads(len(op.Data)))
	EncodeHead(&ps[0], op, from)
	for i := range ps[1:] {
		EncodeData(&ps[i+1], op.Data, i)
	}
	return ps
}

func TestOpRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := Op{
			Service: ServiceID(rapid.Byte().Draw(t, "service")),
			Code:    Code(rapid.Byte().Draw(t, "code")),
			Data:    rapid.SliceOfN(rapid.Byte(), 0, MaxData).Draw(t, "data"),
		}
		for i := range op.Args {
			op.Args[i] = rapid.Uint64().Draw(t, "argument")
		}
		from := Origin{Node: 3, Thread: 2, Place: 1}
		got := Op{Data: []byte("left over")}
		ps := encode(&op, from)
		d := DecodeHead(&ps[0], &got)
		if err := d.Check(); err != nil || d.Payloads() != len(ps) || d.Origin() != from {
			t.Fatalf("%v, %d payloads of %d, origin %+v", err, d.Payloads(), len(ps), d.Origin())
		}
		for i := range ps[1:] {
			got.Data = DecodeData(got.Data, &ps[i+1], d.Len(), i)
		}
		if !bytes.Equal(got.Data, op.Data) {
			t.Fatalf("data %x came back as %x", op.Data, got.Data)
		}
		got.Data, op.Data = nil, nil
		if !reflect.DeepEqual(got, op) {
			t.Fatalf("%+v came back as %+v", op, got)
		}
	})
}

func TestResultRoundTrip(t *testing.T) {
	for _, data := range []string{"", "x", string(make([]byte, MaxData))} {
		res := Result{Status: StatusMismatch, Value: 1<<64 - 1, Data: []byte(data)}
		var p Payload
		EncodeResultHead(&p, 1, 2, &res, Origin{Place: 9})
		got := Result{Data: []byte("left over")}
		d := DecodeResultHead(&p, &got)
		if got.Status != res.Status || got.Value != res.Value || len(got.Data) != 0 || d.Len() != len(data) || d.Origin().Place != 9 {
			t.Errorf("%d bytes: %+v, %#x", len(data), got, d)
		}
	}
}

// TestPadding: what is behind the data in its last payload is zero, so that
// equal operations are equal records.
func TestPadding(t *testing.T) {
	p := Payload{1, 2, 3, 4, 5, 6, 7}
	EncodeData(&p, []byte{0xff}, 0)
	if p != (Payload{0xff}) {
		t.Errorf("got %x", p)
	}
}

func TestRecordsDoNotAllocate(t *testing.T) {
	op := Op{Service: 1, Code: 2, Data: make([]byte, 100)}
	into := Op{Data: make([]byte, 0, MaxData)}
	var head, more Payload
	if n := testing.AllocsPerRun(100, func() {
		EncodeHead(&head, &op, Origin{})
		EncodeData(&more, op.Data, 1)
		d := DecodeHead(&head, &into)
		into.Data = DecodeData(into.Data, &more, d.Len(), 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzRecord decodes what no encoder wrote, as after damage.
func FuzzRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 56*3))
	op := Op{Service: 1, Code: 5, Args: [MaxArgs]uint64{1, 2, 3}, Data: bytes.Repeat([]byte("data"), 40)}
	var seed []byte
	for _, p := range encode(&op, Origin{1, 2, 3}) {
		for _, w := range p {
			seed = binary.LittleEndian.AppendUint64(seed, w)
		}
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, input []byte) {
		payload := func(i int) (p Payload) {
			var b [payloadBytes]byte
			if i*payloadBytes < len(input) {
				copy(b[:], input[i*payloadBytes:])
			}
			for k := range p {
				p[k] = binary.LittleEndian.Uint64(b[k*8:])
			}
			return p
		}
		var op Op
		head := payload(0)
		d := DecodeHead(&head, &op)
		var res Result
		DecodeResultHead(&head, &res)
		_ = res.Status.String()
		if d.Check() != nil {
			if d.Len() <= MaxData {
				t.Fatalf("%d bytes are refused", d.Len())
			}
			return
		}
		for i := range d.Payloads() - 1 {
			p := payload(i + 1)
			op.Data = DecodeData(op.Data, &p, d.Len(), i)
		}
		if len(op.Data) != d.Len() {
			t.Fatalf("%d bytes decoded, the descriptor says %d", len(op.Data), d.Len())
		}
		// It is a record now: it goes round, but for the padding.
		again := encode(&op, d.Origin())
		if len(again) != d.Payloads() || again[0] != head {
			t.Fatalf("head %x came back as %x", head, again[0])
		}
		for i := range again[1:] {
			p := payload(i + 1)
			a := DecodeData(nil, &p, d.Len(), i)
			b := DecodeData(nil, &again[i+1], d.Len(), i)
			if !bytes.Equal(a, b) {
				t.Fatalf("payload %d: %x came back as %x", i, a, b)
			}
		}
	})
}

// TestDescribeParts: a message of the agreement is as long as it says.
func TestDescribeParts(t *testing.T) {
	for n := range MaxParts + 1 {
		d := DescribeParts(3, n, Origin{Node: 1, Thread: 2, Place: 3})
		if d.Payloads() != 1+n || d.Check() != nil || d.Step() != StepAgree || d.Code() != 3 {
			t.Fatalf("%#x: %d payloads after the first, want %d; %v", uint64(d), d.Payloads()-1, n, d.Check())
		}
	}
}

func TestDescriptorCheckStep(t *testing.T) {
	if err := Describe(1, 2, 3, Origin{}).At(StepAgree + 1).Check(); !errors.Is(err, ErrBadRecord) {
		t.Errorf("a step that is none: %v", err)
	}
}
