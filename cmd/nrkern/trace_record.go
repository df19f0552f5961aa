package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/tracing"
)

// recording is what `nrkern trace record` writes, and `nrkern trace report` reads.
type recording struct {
	Format  string          `json:"format"`
	Version string          `json:"version"` // of nrkern
	Command []string        `json:"command"`
	Status  int             `json:"exit_status"` // the command's
	Report  *tracing.Report `json:"report"`
}

// recordingFormat marks the files, so that others are told apart.
const recordingFormat = "nrkern trace 1"

func newTraceRecord(s *session) *cobra.Command {
	var f traceFlags
	out := "nrkern-trace.json"
	cmd := &cobra.Command{
		Use: "record [flags] -- COMMAND [ARGUMENT...]", Short: "Trace the running machine while a command runs, into a file",
		Long: `Attach to the running machine, run a command, and when it ends write what was
seen to a file that ` + "`nrkern trace report`" + ` shows. The exit status is the command's.`,
		Example: `  nrkern trace record -- nrkern bench kv --duration 3s
  nrkern trace report nrkern-trace.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{text: "record: no command: want it after --", command: cmd.CommandPath()}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.record(cmd.Context(), cmd.CommandPath(), f, out, args)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&out, "out", out, "the file to write")
	return cmd
}

func (s *session) record(ctx context.Context, command string, f traceFlags, out string, args []string) (err error) {
	w, err := s.watch(ctx, command, f)
	if err != nil {
		return err
	}
	defer func() { err = join(err, w.Close()) }()
	timeline, err := w.timeline(f.chrome)
	if err != nil {
		return err
	}
	status, err := s.runBeside(ctx, args)
	if err != nil {
		return join(err, timeline.abandon())
	}
	report, err := w.finish(ctx, f, timeline)
	if err != nil {
		return err
	}
	if err := writeRecording(out, recording{recordingFormat, version, args, status, report}); err != nil {
		return err
	}
	s.log.Info(fmt.Sprintf("%s: %v, %s, lost %d; see nrkern trace report %s", out, report.Duration.Round(time.Millisecond), operationsText(report.Operations), report.Lost.Total, out))
	if status != 0 {
		return &exitedError{status: status}
	}
	return nil
}

// runBeside runs a command with our standard files and returns its exit status.
func (s *session) runBeside(ctx context.Context, args []string) (int, error) {
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, s.out, s.err
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 5 * time.Second
	err := c.Run()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.As(err, &exited):
		if signalled, ok := exited.Sys().(syscall.WaitStatus); ok && signalled.Signaled() {
			return 128 + int(signalled.Signal()), nil
		}
		return exited.ExitCode(), nil
	case err != nil:
		return 0, fmt.Errorf("run %s: %w", strings.Join(args, " "), err)
	}
	return 0, nil
}

// writeRecording writes a file aside and renames it: a cut-off run leaves none.
func writeRecording(path string, r recording) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	aside := path + ".part"
	if err := os.WriteFile(aside, append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return join(err, os.Remove(aside))
	}
	return nil
}

func readRecording(path string) (*recording, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r recording
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s is no recording of nrkern trace: %w", path, err)
	}
	if r.Format != recordingFormat || r.Report == nil {
		return nil, fmt.Errorf("%s is no recording of nrkern trace: its format is %q, want %q", path, r.Format, recordingFormat)
	}
	return &r, nil
}

func newTraceReport(s *session) *cobra.Command {
	var f traceFlags
	var sort string
	cmd := &cobra.Command{
		Use: "report [FILE]", Short: "Show what nrkern trace record wrote", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := liveFlags{interval: time.Second, sort: sort}.order(cmd.CommandPath(), callColumns)
			if err != nil {
				return err
			}
			path := "nrkern-trace.json"
			if len(args) > 0 {
				path = args[0]
			}
			r, err := readRecording(path)
			if err != nil {
				return err
			}
			if err := f.files(r.Report); err != nil {
				return err
			}
			if s.output == asTable {
				fmt.Fprintf(s.out, "%s (exit status %d), nrkern %s, %s\n", strings.Join(r.Command, " "), r.Status, r.Version, r.Report.Began.Format(time.RFC3339))
			}
			return s.printTrace(r.Report, by)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&sort, "sort", "", "sort calls by this column: "+strings.Join(callColumns, ", ")+"; with a - before it, the smallest first")
	flags.StringVar(&f.flame, "flame", "", "write the stacks to this file, folded for a flame graph; they are there after record --stacks")
	flags.StringVar(&f.heatmap, "heatmap", "", "draw the traffic matrix in this file: .svg, .png, or without either both")
	return cmd
}
