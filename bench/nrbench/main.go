package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/nrkern/nrkern/bench"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
)

// Exit codes, as nrkern's.
const (
	exitFailure      = 1
	exitUsage        = 2
	exitNotSupported = 3
	exitInterrupted  = 130
)

func main() {
	node.KernelMain() // does not return in the kernel processes of a row
	if was, err := bench.Child(os.Args[1:]); was {
		if err != nil {
			fmt.Fprintln(os.Stderr, "nrbench:", err)
			os.Exit(exitFailure)
		}
		return
	}
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	release()
	os.Exit(code)
}

// options are the flags.
type options struct {
	config  bench.Config
	rows    string
	format  string
	save    string
	profile string
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("nrbench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.rows, "rows", "", "measure the rows whose name matches this regular expression")
	f.StringVar(&o.format, "o", "table", "output format: "+strings.Join(bench.Formats(), ", "))
	f.StringVar(&o.save, "save", "", "write table.txt, bench.txt and results.json to this folder too")
	f.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of this process to this file")
	f.StringVar(&o.config.Bare, "bare", "", "path of this command built with -tags nrkern_nohook (default: nrbench-nohook beside it)")
	f.StringVar(&o.config.Siteless, "siteless", "", "path of this command built with -tags nrkern_nosite (default: nrbench-nosite beside it)")
	f.IntVar(&o.config.Rounds, "rounds", 21, "clean samples that each row wants of each variant")
	f.DurationVar(&o.config.Span.Duration, "duration", 5*time.Millisecond, "length of a sample")
	f.DurationVar(&o.config.Span.Warmup, "warmup", 5*time.Millisecond, "warm-up before each sample")
	f.DurationVar(&o.config.Pause, "pause", 6*time.Millisecond, "pause after each sample, for everything else on the machine")
	f.DurationVar(&o.config.Machines, "machines", 700*time.Millisecond, "how long each machine of kernel processes runs its load")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch c := o.config; {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case !slices.Contains(bench.Formats(), o.format):
		return o, fmt.Errorf("-o %s: want %s", o.format, strings.Join(bench.Formats(), ", "))
	case c.Rounds < 1 || c.Rounds > 1000:
		return o, fmt.Errorf("-rounds %d: want 1 to 1000", c.Rounds)
	case c.Span.Duration < time.Millisecond || c.Span.Duration > time.Second:
		return o, fmt.Errorf("-duration %v: want 1ms to 1s: the threads spin", c.Span.Duration)
	case c.Span.Warmup <= 0 || c.Span.Warmup > time.Second:
		return o, fmt.Errorf("-warmup %v: want more than 0, at most 1s", c.Span.Warmup)
	case c.Machines < 10*time.Millisecond || c.Machines > 10*time.Minute:
		return o, fmt.Errorf("-machines %v: want 10ms to 10m", c.Machines)
	case c.Pause <= 0 || c.Pause > time.Second:
		return o, fmt.Errorf("-pause %v: want more than 0, at most 1s", c.Pause)
	}
	return o, nil
}

// command runs one command line and returns its exit status.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "nrbench:", err)
		return exitUsage
	}
	rows, err := bench.Select(o.rows)
	if err != nil {
		fmt.Fprintln(stderr, "nrbench:", err)
		return exitUsage
	}
	if err := run(ctx, o, rows, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "nrbench:", err)
		switch {
		case ctx.Err() != nil:
			return exitInterrupted
		case errors.Is(err, bench.ErrNotMeasured):
			return exitNotSupported
		}
		return exitFailure
	}
	return 0
}

func run(ctx context.Context, o options, rows []bench.Row, stdout, stderr io.Writer) (err error) {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o.config.Self, o.config.Progress = self, stderr
	if o.config.Bare == "" {
		o.config.Bare = filepath.Join(filepath.Dir(self), "nrbench-nohook")
	}
	if o.config.Siteless == "" {
		o.config.Siteless = filepath.Join(filepath.Dir(self), "nrbench-nosite")
	}
	before, err := numa.HostNoise()
	if err != nil {
		return err
	}
	session, err := bench.Open(ctx, o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	lines, err := session.Run(rows)
	if err != nil {
		return err
	}
	machine, err := session.Describe(before)
	if err != nil {
		return err
	}
	report := &bench.Report{Machine: machine, Lines: lines, Series: session.Series()}
	if o.save != "" {
		if err := save(report, o.save); err != nil {
			return err
		}
	}
	return report.Write(stdout, o.format)
}

// save writes all formats to a folder.
func save(r *bench.Report, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for format, name := range map[string]string{"table": "table.txt", "bench": "bench.txt", "json": "results.json"} {
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := errors.Join(r.Write(f, format), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
