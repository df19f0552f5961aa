package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/nrkern/nrkern/experiments"
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/node"
)

// session is what the subcommand of one command line works with.
type session struct {
	out, err io.Writer
	args     []string // the command line
	output   format
	runDir   string
	log      *zap.Logger
	// catalogue returns the experiments of run; tests have their own.
	catalogue func() []*experiment.Definition
}

func newSession(args []string, stdout, stderr io.Writer) *session {
	return &session{args: args, out: stdout, err: stderr, output: asTable, runDir: node.DefaultRunDir(), log: consoleLog(stderr), catalogue: experiments.All}
}

// consoleLog logs lines for people to read.
func consoleLog(w io.Writer) *zap.Logger {
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	c.EncodeLevel = zapcore.LowercaseLevelEncoder
	c.ConsoleSeparator = "  "
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(c), zapcore.AddSync(w), zapcore.InfoLevel))
}

// belowError keeps errors out of a log, for those that are returned as well.
func belowError(c zapcore.Core) zapcore.Core { return quietCore{c} }

type quietCore struct{ zapcore.Core }

// Enabled reports whether the level is logged.
func (q quietCore) Enabled(l zapcore.Level) bool { return l < zapcore.ErrorLevel && q.Core.Enabled(l) }

// With adds fields.
func (q quietCore) With(f []zapcore.Field) zapcore.Core { return quietCore{q.Core.With(f)} }

// Check adds the core to those that log an entry.
func (q quietCore) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if q.Enabled(e.Level) {
		return q.Core.Check(e, c)
	}
	return c
}

// dial reaches the machine of the run directory.
func (s *session) dial() (*node.Client, error) { return node.Dial(s.runDir) }

// end reports the error of a subcommand, once, and returns the exit status.
func (s *session) end(ctx context.Context, err error) int {
	_ = s.log.Sync()
	status := exitStatus(ctx, err)
	switch {
	case status == exitInterrupted:
		fmt.Fprintf(s.err, "nrkern: %v\n", context.Cause(ctx))
	case err != nil && describe(err) != "":
		fmt.Fprintf(s.err, "nrkern: %s\n", describe(err))
	}
	return status
}

// join adds the error of tidying up to the one that led there.
func join(err, tidying error) error {
	if tidying == nil {
		return err
	}
	return errors.Join(err, tidying)
}
