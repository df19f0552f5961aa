package guest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/guest/wire"
)

func TestSessionSaysWhatIsWrongAndWhere(t *testing.T) {
	hello := wire.Frame{Kind: wire.Hello, About: &wire.About{Release: "6.1"}}
	start := func(i int) wire.Frame { return wire.Frame{Kind: wire.Start, Command: i} }
	exited := func(i int) wire.Frame { return wire.Frame{Kind: wire.Exited, Command: i, Exit: &wire.Exit{}} }
	flood := []wire.Frame{hello, start(0)}
	for range MaxOutput/wire.MaxData + 1 {
		flood = append(flood, wire.Frame{Kind: wire.Stdout, Data: make([]byte, wire.MaxData)})
	}
	cases := []struct {
		name   string
		frames []wire.Frame
		cut    int // bytes missing at the end
		want   error
		stage  string
	}{
		{"nothing", nil, 0, io.EOF, "before its init"},
		{"dead at once", []wire.Frame{hello}, 0, io.EOF, "before command 0"},
		{"dead in a frame", []wire.Frame{hello, start(0)}, 5, io.EOF, "before command 0"},
		{"dead in a command", []wire.Frame{hello, start(0), exited(0), start(1)}, 0, io.EOF, "while command 1"},
		{"dead between commands", []wire.Frame{hello, start(0), exited(0)}, 0, io.EOF, "before command 1"},
		{"dead at the end", []wire.Frame{hello, start(0), exited(0), start(1), exited(1)}, 0, io.EOF, "after the last"},
		{"init failed", []wire.Frame{hello, {Kind: wire.Failed, Data: []byte("why")}}, 0, ErrInit, "before command 0"},
		{"unknown command", []wire.Frame{hello, start(2)}, 0, wire.ErrGarbled, "before command 0"},
		{"negative command", []wire.Frame{hello, start(-1)}, 0, wire.ErrGarbled, "before command 0"},
		{"unknown kind", []wire.Frame{hello, {Kind: "x"}}, 0, wire.ErrGarbled, "before command 0"},
		{"no exit", []wire.Frame{hello, start(0), {Kind: wire.Exited}}, 0, wire.ErrGarbled, "while command 0"},
		{"flood", flood, 0, ErrOutput, "while command 0"},
		{"all well", []wire.Frame{hello, start(0), exited(0), start(1), exited(1), {Kind: wire.End}}, 0, nil, "after the last"},
		{"words after the end", []wire.Frame{hello, {Kind: wire.End}, start(7)}, 0, nil, "after the last"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			e := wire.NewEncoder(&b)
			for _, f := range c.frames {
				if err := e.Send(f); err != nil {
					t.Fatal(err)
				}
			}
			b.Truncate(b.Len() - c.cut)
			s := newSession([]Command{Run("/a"), Run("/b")})
			if err := s.follow(&b); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if !strings.HasPrefix(s.stage(), c.stage) {
				t.Errorf("stage %q, want %q", s.stage(), c.stage)
			}
			// A command without Exited has an error, whatever else is wrong.
			for i, o := range s.result.Commands {
				if (o.Err() == nil) != o.Ended {
					t.Errorf("command %d: ended %v, error %v", i, o.Ended, o.Err())
				}
			}
		})
	}
}

func TestErrorsShowTheEndOfTheConsole(t *testing.T) {
	var console tail
	console.limit = 1000
	for range 1000 {
		io.WriteString(&console, "an old line\r\n")
	}
	io.WriteString(&console, "the last line\r\n")
	if n := len(console.kept); n > 2*console.limit {
		t.Errorf("a tail of %d bytes keeps %d", console.limit, n)
	}
	err := (&BootError{Err: ErrCutOff, Stage: "here", Console: console.String(), QEMU: "a warning"}).Error()
	for _, want := range []string{"here", ErrCutOff.Error(), "a warning", "an old line\nthe last line"} {
		if !strings.Contains(err, want) {
			t.Errorf("no %q in\n%s", want, err)
		}
	}
	if n := strings.Count(err, "an old line"); n != consoleLines-1 {
		t.Errorf("%d old lines, want %d", n, consoleLines-1)
	}
	if err := (&BootError{Err: ErrCutOff}).Error(); !strings.Contains(err, "console is empty") {
		t.Errorf("%s", err)
	}
}
