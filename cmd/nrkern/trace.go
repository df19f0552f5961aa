package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/privilege"
	"github.com/nrkern/nrkern/tracing/probe"
)

// traceFlags are the flags of trace and of its subcommands.
type traceFlags struct {
	duration time.Duration
	json     bool
	sites    []string
	events   []string
	perCall  []string
	every    uint64
	kernel   bool
	stacks   bool
	flame    string
}

func (f *traceFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.DurationVar(&f.duration, "duration", 5*time.Second, "how long to watch")
	flags.BoolVar(&f.json, "json", false, "the same as -o json")
	flags.StringSliceVar(&f.sites, "sites", nil, "probe sites to attach to (default all; none for none)")
	flags.StringSliceVar(&f.events, "events", nil, "counters, by name or raw code as r04d3 (default: all that the processor's table has)")
	flags.StringSliceVar(&f.perCall, "per-call", []string{"page-faults", "context-switches"}, "counters to read at the ends of calls, at most 4")
	flags.BoolVar(&f.kernel, "kernel", true, "count what Linux does for the machine, by its tracepoints")
	flags.BoolVar(&f.stacks, "stacks", false, "find where the threads spend their time, by their stacks")
	flags.StringVar(&f.flame, "flame", "", "write the stacks to this file, folded for a flame graph; means --stacks")
	flags.Uint64Var(&f.every, "every", 1, "let one in so many calls and messages pass their probes: a power of two")
}

func newTrace(s *session) *cobra.Command {
	var f traceFlags
	cmd := &cobra.Command{
		Use: "trace", Short: "See the calls, messages, counters and traffic of the running machine", Args: noArguments,
		Long: `Attach probes to the running machine, count for --duration, and say what was seen:
hits, rates and durations at the probe sites, counters of the processor and of
Linux per operation, what Linux did for the machine, and which lines went from
which node to which. Nothing is restarted, and nothing stays behind.

Probes cost most of a microsecond a hit; what they took is in the output, and so
is what was lost. Do not take throughput from a traced run. What this machine
does not allow is shown as n/a with the reason; an event that was asked for by
name and cannot be counted ends the command with exit status 3.`,
		Example: `  nrkern trace --duration 5s
  nrkern trace --events cache-misses,r04d3 --sites none
  nrkern trace --every 64 --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.json {
				s.output = asJSON
			}
			report, err := s.trace(cmd.Context(), cmd.CommandPath(), f)
			if err != nil {
				return err
			}
			if f.flame != "" {
				if err := writeFolded(f.flame, report.Stacks); err != nil {
					return err
				}
			}
			return s.print(result{
				data:  report,
				table: func(w io.Writer) error { return writeTrace(w, report) },
				csv:   func() [][]string { return traceRecords(report) },
			})
		},
	}
	f.register(cmd)
	return cmd
}

// options turns flags into what to look at, for a machine.
func (f *traceFlags) options(command string, sites *node.Sites) (tracing.Options, error) {
	o := tracing.Options{Places: sites.Places, Sites: f.sites, Every: sites.Every, Kernel: f.kernel, Stacks: f.stacks || f.flame != ""}
	for _, k := range sites.Kernels {
		o.Targets = append(o.Targets, probe.Target{Node: k.Node, PID: k.PID})
	}
	if slices.Equal(f.sites, []string{"none"}) {
		o.Sites = []string{}
	}
	cpu := counter.ThisCPU()
	var err error
	usage := func(err error) error { return &usageError{text: err.Error(), command: command} }
	if o.Wanted, err = counter.Choose(cpu, f.events); err != nil {
		return o, usage(err)
	}
	o.Events = o.Wanted
	if len(f.events) == 0 {
		o.Events = counter.Default(cpu)
	}
	if o.PerCall, err = counter.Choose(cpu, f.perCall); err != nil {
		return o, usage(err)
	}
	if len(o.PerCall) > probe.MaxValues {
		return o, usage(fmt.Errorf("--per-call: %d counters: at most %d", len(o.PerCall), probe.MaxValues))
	}
	return o, nil
}

// trace watches the machine of the run directory for a while.
func (s *session) trace(ctx context.Context, command string, f traceFlags) (_ *tracing.Report, err error) {
	if f.duration <= 0 {
		return nil, &usageError{text: fmt.Sprintf("--duration %v: want more than 0", f.duration), command: command}
	}
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sites, err := c.Sites(ctx, node.SitesRequest{Every: f.every})
	if err != nil {
		return nil, err
	}
	o, err := f.options(command, sites)
	if err != nil {
		return nil, err
	}
	t, err := tracing.Start(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.DropPrivileges(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		s.log.Warn(err.Error())
	}
	if err := t.ProbeError(); err != nil {
		s.log.Warn("no probes: " + err.Error() + "; " + privilege.Remedy(probe.Needs()...))
	}
	before, err := c.Status(ctx, node.StatusRequest{})
	if err != nil {
		return nil, err
	}
	if err := t.Restart(); err != nil {
		return nil, err
	}
	select {
	case <-time.After(f.duration):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	after, err := c.Status(ctx, node.StatusRequest{})
	if err != nil {
		return nil, err
	}
	operations := after.Operations - before.Operations
	report, err := t.Report(&operations)
	if err != nil {
		return nil, err
	}
	report.Matrix = between(before, after, report.Duration.Seconds())
	return report, nil
}
