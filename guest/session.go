package guest

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nrkern/nrkern/guest/wire"
)

// session turns the frames of a boot into its Result.
type session struct {
	begin  time.Time
	result Result
	hello  bool
	ended  bool
}

func newSession(commands []Command) *session {
	s := &session{begin: time.Now(), result: Result{Commands: make([]Output, len(commands))}}
	for i, c := range commands {
		s.result.Commands[i].Args = c.Args
	}
	return s
}

// follow takes frames until the last one. It returns nil after that, io.EOF
// when the line ends before it, and else what is wrong.
func (s *session) follow(r io.Reader) error {
	d := wire.NewDecoder(r)
	for !s.ended {
		f, err := d.Next()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return io.EOF // The guest died within a frame: that it died is the news.
		}
		if err != nil {
			return err
		}
		if err := s.take(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) take(f wire.Frame) error {
	switch f.Kind {
	case wire.Hello:
		if f.About != nil {
			s.result.About = *f.About
		}
		s.hello = true
		s.result.ToInit = time.Since(s.begin)
		return nil
	case wire.Failed:
		return fmt.Errorf("%w: %s", ErrInit, f.Data)
	case wire.End:
		s.ended = true
		return nil
	}
	if f.Command < 0 || f.Command >= len(s.result.Commands) {
		return fmt.Errorf("%w: a frame of command %d, and there are %d", wire.ErrGarbled, f.Command, len(s.result.Commands))
	}
	o := &s.result.Commands[f.Command]
	switch f.Kind {
	case wire.Start:
		o.Ran = true
	case wire.Stdout:
		o.Stdout = append(o.Stdout, f.Data...)
	case wire.Stderr:
		o.Stderr = append(o.Stderr, f.Data...)
	case wire.Exited:
		if f.Exit == nil {
			return fmt.Errorf("%w: command %d ended without saying how", wire.ErrGarbled, f.Command)
		}
		o.Ended, o.Exit = true, *f.Exit
	default:
		return fmt.Errorf("%w: a frame of kind %q", wire.ErrGarbled, f.Kind)
	}
	if n := len(o.Stdout) + len(o.Stderr); n > MaxOutput {
		return fmt.Errorf("%w: %q wrote more than %d bytes", ErrOutput, o.Args, MaxOutput)
	}
	return nil
}

// stage says how far the guest is.
func (s *session) stage() string {
	if !s.hello {
		return "before its init was heard"
	}
	if s.ended {
		return "after the last command"
	}
	for i, o := range s.result.Commands {
		switch {
		case o.Ran && !o.Ended:
			return fmt.Sprintf("while command %d ran, %q", i, o.Args)
		case !o.Ran:
			return fmt.Sprintf("before command %d, %q", i, o.Args)
		}
	}
	return "after the last command"
}
