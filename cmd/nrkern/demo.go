package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// demonstration is the flags of demo, and what it works with.
type demonstration struct {
	topology    string
	hugepages   transport.Hugepages
	keys        uint64
	threads     int
	writeRatios []float64
	windows     []int
	repetitions int
	budget      time.Duration

	s *session
}

func newDemo(s *session) *cobra.Command {
	d := demonstration{
		s: s, hugepages: transport.HugepagesPrefer, keys: 50_000, threads: 1,
		writeRatios: []float64{0, 10, 50, 100}, windows: []int{16, 1}, repetitions: 5, budget: 45 * time.Second,
	}
	cmd := &cobra.Command{
		Use: "demo", Short: "Compare nr, multikernel and biglock on this machine, in under a minute", Args: noArguments,
		Long: `Boot a machine of each structure (biglock with each of its locks), run the same
key-value load on all, taking turns, and print how fast each is and why: cache
lines handed over, log entries and messages per operation. On the way it is
checked that what one node writes others read, that all machines hold the same
state, and that no operation failed. On a host with one NUMA node, two virtual
ones (2x1) are used. Nothing is left behind.`,
		Example: "  nrkern demo\n  nrkern demo --topology 4x1 --budget 2m -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := d.validate(); err != nil {
				return &usageError{text: err.Error(), command: cmd.CommandPath()}
			}
			r, err := d.run(cmd.Context())
			if err != nil {
				return err
			}
			if err := s.print(result{data: r, table: r.table, csv: r.csv}); err != nil {
				return err
			}
			return r.err()
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&d.topology, "topology", "", "virtual nodes: NODESxCORES; without it, the machine's own, or 2x1 if that is one node")
	flags.Var(choice[transport.Hugepages]{&d.hugepages, oneOf(transport.HugepagesRequire, transport.HugepagesPrefer, transport.HugepagesOff)},
		"hugepages", "2 MiB pages for the segments: require, prefer or off")
	flags.Uint64Var(&d.keys, "keys", d.keys, "number of keys")
	flags.IntVar(&d.threads, "threads-per-node", d.threads, "threads on each node")
	flags.Float64SliceVar(&d.writeRatios, "write-ratios", d.writeRatios, "shares of operations that write, in percent")
	flags.IntSliceVar(&d.windows, "windows", d.windows, "operations that a thread keeps outstanding")
	flags.IntVar(&d.repetitions, "repetitions", d.repetitions, "samples of each point, as far as there is time")
	flags.DurationVar(&d.budget, "budget", d.budget, "time for all of it")
	complete(cmd, "hugepages", "require", "prefer", "off")
	return cmd
}

// minBudget is enough for one short sample of every point.
const minBudget = 3 * time.Second

func (d *demonstration) validate() error {
	switch {
	case d.budget < minBudget || d.budget > time.Hour:
		return fmt.Errorf("--budget %v: want %v to %v", d.budget, minBudget, time.Hour)
	case d.repetitions < 1 || d.repetitions > 1000:
		return fmt.Errorf("--repetitions %d: want 1 to 1000", d.repetitions)
	}
	points := d.points()
	if len(points) == 0 {
		return errors.New("--write-ratios and --windows: want one or more of each")
	}
	for i, p := range points {
		if slices.Contains(points[:i], p) {
			return fmt.Errorf("--write-ratios and --windows: %g %% with %s comes twice", p.WriteRatio, plural(p.Window, "operation"))
		}
		if err := d.spec(p, time.Second).Validate(); err != nil {
			return err
		}
	}
	return nil
}

// spec is the load at one point.
func (d *demonstration) spec(p point, duration time.Duration) workload.Spec {
	spec := workload.Default()
	spec.Keys, spec.ThreadsPerNode, spec.Duration, spec.Warmup = d.keys, d.threads, duration, min(warmup, duration)
	spec.WriteRatio, spec.Window = p.WriteRatio, p.Window
	return spec
}

// run is the whole demonstration. Whatever happens, no machine is left.
func (d *demonstration) run(ctx context.Context) (_ *demoReport, err error) {
	began := time.Now()
	t, err := topology(d.topology)
	if err != nil {
		return nil, err
	}
	if d.topology == "" && len(t.Nodes) == 1 {
		d.topology = "2x1"
		d.s.log.Info("one NUMA node here: using two virtual ones, 2x1")
		if t, err = topology(d.topology); err != nil {
			return nil, err
		}
	}
	noise, noiseErr := numa.HostNoise()
	busy, err := d.othersBusy(ctx)
	if err != nil {
		return nil, err
	}
	r := &demoReport{
		Version: version, Began: began, Topology: t.String(), Nodes: len(t.Nodes), Virtual: t.Virtual, Shared: t.Shared,
		Keys: d.keys, ThreadsPerNode: d.threads, points: d.points(), Host: describeHost(t),
	}
	r.Host.BusyBefore = busy
	variants := allVariants()
	defer func() {
		if stopErr := stopAll(context.WithoutCancel(ctx), variants); stopErr != nil {
			err = join(err, stopErr)
		}
	}()
	d.s.log.Info("booting", numberOf("machines", len(variants)), text("topology", t.String()))
	if err := d.boot(ctx, variants); err != nil {
		return nil, explainEnd(ctx, err)
	}
	r.describeMachines(variants)
	if err := d.verifyFresh(ctx, r, variants); err != nil {
		return nil, explainEnd(ctx, err)
	}
	if err := d.sampleAll(ctx, r, variants, t, began.Add(d.budget)); err != nil {
		return nil, explainEnd(ctx, err)
	}
	if err := d.verifyEnd(ctx, r, variants); err != nil {
		return nil, explainEnd(ctx, err)
	}
	if r.Host.BusyAfter, err = d.othersBusy(ctx); err != nil {
		return nil, err
	}
	if now, err := numa.HostNoise(); err == nil && noiseErr == nil {
		steal := 100 * now.Since(noise).All.StealRatio()
		r.Host.Steal = &steal
	}
	r.Elapsed = time.Since(began)
	r.conclude()
	return r, nil
}

// othersBusy watches for a moment, while the machines are idle or not there,
// how busy the CPUs are, in percent. Where Linux does not say it is nil.
func (d *demonstration) othersBusy(ctx context.Context) (*float64, error) {
	before, err := numa.HostNoise()
	if err != nil {
		return nil, nil
	}
	select {
	case <-time.After(noiseSpan):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	now, err := numa.HostNoise()
	if err != nil {
		return nil, nil
	}
	busy := 100 * now.Since(before).All.BusyRatio()
	if busy > 100*tolerableBusy {
		d.s.log.Warn("other programs use the CPUs: the numbers will vary", text("busy", fmt.Sprintf("%.0f %%", busy)))
	}
	return &busy, nil
}

// explainEnd prefers the reason for which a context ended to what came of it.
func explainEnd(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// boot boots a machine of each variant, one after the other.
func (d *demonstration) boot(ctx context.Context, variants []*variant) error {
	for _, v := range variants {
		c := node.DefaultConfig()
		c.Mode, c.Lock, c.Topology, c.Hugepages, c.RunDir = v.mode, v.lock, d.topology, d.hugepages, node.UniqueRunDir()
		var err error
		// Their life is not ctx: what is asked of them ends with ctx, and they are
		// stopped after that, in any case.
		if v.machine, err = node.Boot(context.WithoutCancel(ctx), c, node.Hooks{Version: version}); err != nil {
			return fmt.Errorf("%s: %w", v.name(), err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
