package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/export"
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
	heatmap  string
	chrome   string
}

func (f *traceFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.sites, "sites", nil, "probe sites to attach to (default all; none for none)")
	flags.StringSliceVar(&f.events, "events", nil, "counters, by name or raw code as r04d3 (default: all that the processor's table has)")
	flags.StringSliceVar(&f.perCall, "per-call", []string{"page-faults", "context-switches"}, "counters to read at the ends of calls, at most 4")
	flags.BoolVar(&f.kernel, "kernel", true, "count what Linux does for the machine, by its tracepoints")
	flags.BoolVar(&f.stacks, "stacks", false, "find where the threads spend their time, by their stacks")
	flags.StringVar(&f.flame, "flame", "", "write the stacks to this file, folded for a flame graph; means --stacks")
	flags.StringVar(&f.heatmap, "heatmap", "", "draw the traffic matrix in this file: .svg, .png, or without either both")
	flags.StringVar(&f.chrome, "chrome", "", "write a timeline to this file, which opens in Perfetto and chrome://tracing")
	flags.Uint64Var(&f.every, "every", 1, "let one in so many calls, batches, messages and other frequent things pass their probes: a power of two")
}

func newTrace(s *session) *cobra.Command {
	var f traceFlags
	var more liveFlags
	var live bool
	var prometheus string
	cmd := &cobra.Command{
		Use: "trace", Short: "See the calls, messages, counters and traffic of the running machine", Args: noArguments,
		Long: `Attach probes to the running machine, count for --duration, and say what was seen:
hits, rates and durations at the probe sites, counters of the processor and of
Linux per operation, what Linux did for the machine, and which lines went from
which node to which. Nothing is restarted, and nothing stays behind.

The two probes of a call cost 2.4 to 3.8 us together; what they took is in the
output, and so is what was lost. Do not take throughput from a traced run. What this machine
does not allow is shown as n/a with the reason; an event that was asked for by
name and cannot be counted ends the command with exit status 3.`,
		Example: `  nrkern trace --duration 5s
  nrkern trace --live --sort mean
  nrkern trace record -- nrkern bench kv
  nrkern trace --chrome trace.json --heatmap traffic.svg --flame stacks.txt
  nrkern trace --events cache-misses,r04d3 --sites none
  nrkern trace --every 64 --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.json {
				s.output = asJSON
			}
			by, err := more.order(cmd.CommandPath(), callColumns)
			if err != nil {
				return err
			}
			switch {
			case prometheus != "":
				limit := f.duration
				if !cmd.Flags().Changed("duration") {
					limit = 0
				}
				return s.serveMetrics(cmd.Context(), cmd.CommandPath(), f, prometheus, limit)
			case live:
				return s.traceLive(cmd.Context(), cmd.CommandPath(), f, more, by)
			}
			report, err := s.trace(cmd.Context(), cmd.CommandPath(), f)
			if err != nil {
				return err
			}
			return s.printTrace(report, by)
		},
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&f.duration, "duration", 5*time.Second, "how long to watch")
	flags.BoolVar(&f.json, "json", false, "the same as -o json")
	flags.BoolVar(&live, "live", false, "show it again every --interval until interrupted")
	flags.StringVar(&prometheus, "prometheus", "", "serve metrics for Prometheus at this address, as :9100, until interrupted or for --duration")
	more.register(cmd, strings.Join(callColumns, ", "))
	cmd.AddCommand(newTraceRecord(s), newTraceReport(s))
	return cmd
}

func (s *session) printTrace(r *tracing.Report, by order) error {
	return s.print(result{
		data:  r,
		table: func(w io.Writer) error { return writeTrace(w, r, by) },
		csv:   func() [][]string { return traceRecords(r) },
	})
}

// options turns flags into what to look at, for a machine.
func (f *traceFlags) options(command string, sites *node.Sites) (tracing.Options, error) {
	o := tracing.Options{Places: sites.Places, Sites: f.sites, Every: sites.Every, Kernel: f.kernel, Stacks: f.stacks || f.flame != "", Emit: f.chrome != ""}
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
	w, err := s.watch(ctx, command, f)
	if err != nil {
		return nil, err
	}
	defer func() { err = join(err, w.Close()) }()
	timeline, err := w.timeline(f.chrome)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(f.duration):
	case <-ctx.Done():
		return nil, join(context.Cause(ctx), timeline.abandon())
	}
	return w.finish(ctx, f, timeline)
}

// finish reports, and writes the files that were asked for.
func (w *watch) finish(ctx context.Context, f traceFlags, timeline *timelineFile) (*tracing.Report, error) {
	r, err := w.report(ctx)
	if err != nil {
		return nil, join(err, timeline.abandon())
	}
	if err := timeline.finish(r); err != nil {
		return nil, err
	}
	return r, f.files(r)
}

// files writes what was asked for beside the report.
func (f *traceFlags) files(r *tracing.Report) error {
	if f.flame != "" {
		if err := writeFolded(f.flame, r); err != nil {
			return err
		}
	}
	if f.heatmap != "" {
		if err := export.Heatmap(f.heatmap, r.Matrix); err != nil {
			return fmt.Errorf("--heatmap: %w", err)
		}
	}
	return nil
}
