package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/privilege"
	"github.com/nrkern/nrkern/tracing/probe"
)

// watch is the machine of the run directory with a tracer at it.
type watch struct {
	*tracing.Session
	client *node.Client
	before *node.Status // when the interval began
}

// watch attaches to the machine of the run directory, gives up the privileges
// that this took, and begins an interval. What this machine does not allow is
// left out and said in the reports.
func (s *session) watch(ctx context.Context, command string, f traceFlags) (_ *watch, err error) {
	w := &watch{}
	if w.client, err = s.dial(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = join(err, w.Close())
		}
	}()
	sites, err := w.client.Sites(ctx, node.SitesRequest{Every: f.every})
	if err != nil {
		return nil, err
	}
	o, err := f.options(command, sites)
	if err != nil {
		return nil, err
	}
	if w.Session, err = tracing.Start(o); err != nil {
		return nil, err
	}
	if err := w.StackError(); err != nil && f.flame != "" {
		return nil, fmt.Errorf("--flame: %w; %s", err, privilege.Remedy(privilege.BPF, privilege.PerfMon))
	}
	if err := w.DropPrivileges(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		s.log.Warn(err.Error())
	}
	if err := w.ProbeError(); err != nil {
		s.log.Warn("no probes: " + err.Error() + "; " + privilege.Remedy(probe.Needs()...))
	}
	return w, w.restart(ctx)
}

// restart makes the interval begin now.
func (w *watch) restart(ctx context.Context) (err error) {
	if w.before, err = w.client.Status(ctx, node.StatusRequest{}); err != nil {
		return err
	}
	return w.Restart()
}

// report says what came since the interval began.
func (w *watch) report(ctx context.Context) (*tracing.Report, error) {
	after, err := w.client.Status(ctx, node.StatusRequest{})
	if err != nil {
		return nil, err
	}
	r, err := w.Report(completed(w.before, after))
	if err != nil {
		return nil, err
	}
	r.Matrix = between(w.before, after, r.Duration.Seconds())
	return r, nil
}

// Close detaches.
func (w *watch) Close() error {
	var err error
	if w.Session != nil {
		err = w.Session.Close()
	}
	w.client.Close()
	return err
}
