package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

func TestExitStatus(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("boot: %w: node 1: %w", node.ErrBoot, err) }
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, exitOK},
		{errors.New("anything"), exitFailure},
		{node.ErrNotRunning, exitFailure},
		{node.ErrAlreadyRunning, exitFailure},
		{node.ErrKernelDied, exitFailure},
		{node.ErrBusy, exitFailure},
		{&transport.HugepagesError{}, exitFailure},
		{numa.ErrShortage, exitFailure},
		{&usageError{text: "x"}, exitUsage},
		{node.ErrUsage, exitUsage},
		{numa.ErrSpec, exitUsage},
		{&workload.FlagError{}, exitUsage},
		{kernel.ErrNoService, exitUsage},
		{node.ErrNotSupported, exitUnsupported},
		{node.ErrPermission, exitUnsupported},
		{numa.ErrPermission, exitUnsupported},
		{numa.ErrNotSupported, exitUnsupported},
		{errCheck, exitCheck},
		{&exitedError{status: 3}, 3},
	} {
		if got := exitStatus(context.Background(), c.err); got != c.want {
			t.Errorf("%v: exit status %d, want %d", c.err, got, c.want)
		}
		if c.err != nil {
			if got := exitStatus(context.Background(), wrap(c.err)); got != c.want {
				t.Errorf("wrapped %v: exit status %d, want %d", c.err, got, c.want)
			}
		}
	}
}

func TestASignalDecidesTheExitStatus(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(interrupted{syscall.SIGTERM})
	for _, err := range []error{nil, errors.New("half-way"), errCheck} {
		if got := exitStatus(ctx, err); got != exitInterrupted {
			t.Errorf("%v: exit status %d, want %d", err, got, exitInterrupted)
		}
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if got := exitStatus(ended, errors.New("x")); got != exitFailure {
		t.Errorf("a context that ended without a signal: exit status %d, want %d", got, exitFailure)
	}
}
