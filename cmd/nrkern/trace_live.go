package main

import (
	"context"
	"io"

	"github.com/nrkern/nrkern/tracing"
)

// traceScreen is the screen of `nrkern trace --live`.
type traceScreen struct {
	session *session
	watch   *watch
	by      order
	seen    *tracing.Report
}

func (t *traceScreen) columns() []string { return callColumns }

func (t *traceScreen) refresh(ctx context.Context) (err error) {
	if t.seen, err = t.watch.report(ctx); err != nil {
		return err
	}
	return t.watch.restart(ctx)
}

func (t *traceScreen) print() error { return t.session.printTrace(t.seen, t.by) }

func (t *traceScreen) draw(w io.Writer, by order) error {
	if t.seen == nil {
		return nil
	}
	return writeTrace(w, t.seen, by)
}

// traceLive shows what happens until it is interrupted.
func (s *session) traceLive(ctx context.Context, command string, f traceFlags, more liveFlags, by order) (err error) {
	w, err := s.watch(ctx, command, f)
	if err != nil {
		return err
	}
	defer func() { err = join(err, w.Close()) }()
	return s.show(ctx, &traceScreen{session: s, watch: w, by: by}, more, by)
}
