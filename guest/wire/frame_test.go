package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func encode(t testing.TB, frames ...Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	e := NewEncoder(&b)
	for _, f := range frames {
		if err := e.Send(f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestFramesArriveAsSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, MaxData), 1, 8).Draw(t, "data")
		var b bytes.Buffer
		e := NewEncoder(&b)
		for i, d := range data {
			if err := e.Send(Frame{Kind: Stdout, Command: i, Data: d}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range b.Bytes() {
			if c != '\n' && (c < ' ' || c > '~') {
				t.Fatalf("byte %#x on the line; want printable ASCII only", c)
			}
		}
		d := NewDecoder(&b)
		for i, want := range data {
			f, err := d.Next()
			if err != nil {
				t.Fatal(err)
			}
			if f.Kind != Stdout || f.Command != i || !bytes.Equal(f.Data, want) {
				t.Fatalf("frame %d: got %+v, want data %x", i, f, want)
			}
		}
		if _, err := d.Next(); err != io.EOF {
			t.Fatalf("after the last frame: %v, want io.EOF", err)
		}
	})
}

// A frame of output that itself looks like frames is still output.
func TestOutputCannotForgeAFrame(t *testing.T) {
	forged := encode(t, Frame{Kind: End})
	sent := Frame{Kind: Stdout, Data: append([]byte("\n"), forged...)}
	d := NewDecoder(bytes.NewReader(encode(t, sent)))
	got, err := d.Next()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Error(diff)
	}
	if f, err := d.Next(); err != io.EOF {
		t.Errorf("a second frame: %+v, %v", f, err)
	}
}

// Whatever single byte is lost or changed, or wherever the line ends, the
// decoder returns a prefix of what was sent and then an error.
func TestDamageIsAnError(t *testing.T) {
	frames := []Frame{
		{Kind: Hello, About: &About{Release: "6.1"}},
		{Kind: Stdout, Command: 0, Data: []byte("abc")},
		{Kind: Exited, Command: 0, Exit: &Exit{Code: 1}},
		{Kind: End},
	}
	whole := encode(t, frames...)
	damage := map[string]func(i int) []byte{
		"lost":    func(i int) []byte { return append(bytes.Clone(whole[:i]), whole[i+1:]...) },
		"changed": func(i int) []byte { b := bytes.Clone(whole); b[i] ^= 1; return b },
		"cut":     func(i int) []byte { return bytes.Clone(whole[:i]) },
	}
	for name, at := range damage {
		t.Run(name, func(t *testing.T) {
			for i := range whole {
				d := NewDecoder(bytes.NewReader(at(i)))
				n := 0
				for {
					f, err := d.Next()
					if err != nil {
						if err != io.EOF && !errors.Is(err, ErrGarbled) && !errors.Is(err, io.ErrUnexpectedEOF) {
							t.Fatalf("byte %d: %v", i, err)
						}
						break
					}
					want := frames[n]
					want.Seq = uint32(n)
					if diff := cmp.Diff(want, f); diff != "" {
						t.Fatalf("byte %d: frame %d differs: %s", i, n, diff)
					}
					n++
				}
				if n == len(frames) {
					t.Fatalf("byte %d: all %d frames came through", i, n)
				}
			}
		})
	}
}

func TestForeignTextIsGarbled(t *testing.T) {
	for _, text := range []string{
		"hello\n", "@nrkern \n", "@nrkern 00000000 {}\n", strings.Repeat("x", 2*maxLine) + "\n", "\n",
	} {
		if f, err := NewDecoder(strings.NewReader(text)).Next(); !errors.Is(err, ErrGarbled) {
			t.Errorf("%.20q: %+v, %v; want ErrGarbled", text, f, err)
		}
	}
}

func TestTooLongAFrameIsRefused(t *testing.T) {
	e := NewEncoder(io.Discard)
	if err := e.Send(Frame{Kind: Stdout, Data: make([]byte, maxLine)}); err == nil {
		t.Error("a frame longer than a line was sent")
	}
	if err := e.Send(Frame{Kind: Stdout, Data: make([]byte, MaxData)}); err != nil {
		t.Error(err)
	}
}
