package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/simulate"
	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/workload"
)

// The exit statuses. Scripts rely on them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitUnsupported = 3 // not supported here, or a missing privilege
	exitCheck       = 4 // a check failed: linearizability, divergence, shape
	exitInterrupted = 130
)

// errCheck is the error of a check that failed.
var errCheck = errors.New("check failed")

// usageError is the error of a command line that is wrong by itself.
type usageError struct {
	text    string
	command string // whose help says more; empty for none
}

// Error ends with where to read on.
func (e *usageError) Error() string {
	if e.command == "" {
		return e.text
	}
	return fmt.Sprintf("%s (see `%s --help`)", e.text, e.command)
}

// exitedError carries the exit status of a process that spoke for itself.
type exitedError struct {
	status int
	text   string // what is left to say; empty if it has all been said
}

// Error returns what is left to say.
func (e *exitedError) Error() string { return e.text }

// statuses are the errors that do not mean a plain failure. The first that
// matches counts.
var statuses = []struct {
	is     error
	status int
}{
	{errCheck, exitCheck},
	{experiment.ErrWrongAnswer, exitCheck},
	{node.ErrUsage, exitUsage},
	{node.ErrRemoved, exitUsage},
	{numa.ErrSpec, exitUsage},
	{workload.ErrSpec, exitUsage},
	{simulate.ErrScenario, exitUsage},
	{kernel.ErrNoService, exitUsage},
	{node.ErrNotSupported, exitUnsupported},
	{node.ErrPermission, exitUnsupported},
	{numa.ErrNotSupported, exitUnsupported},
	{numa.ErrPermission, exitUnsupported},
	{counter.ErrUnavailable, exitUnsupported},
	{probe.ErrSite, exitUsage},
}

// exitStatus maps an error to the status of the process.
func exitStatus(ctx context.Context, err error) int {
	var signal interrupted
	if errors.As(context.Cause(ctx), &signal) {
		return exitInterrupted
	}
	if err == nil {
		return exitOK
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	var exited *exitedError
	if errors.As(err, &exited) {
		return exited.status
	}
	for _, s := range statuses {
		if errors.Is(err, s.is) {
			return s.status
		}
	}
	return exitFailure
}

// describe words an error for the one line that reports it. Packages begin
// their errors with their name, which says nothing to a user.
func describe(err error) string {
	text := strings.TrimPrefix(err.Error(), node.ErrUsage.Error()+": ")
	for _, p := range []string{"numa: ", "node: ", "transport: "} {
		text = strings.TrimPrefix(text, p)
	}
	return text
}
