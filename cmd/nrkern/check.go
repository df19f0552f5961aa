package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/node"
)

// checking is the flags of check.
type checking struct {
	histories int
	record    node.RecordRequest
	probe     node.ProbeRequest
	judging   check.Options
	ordeal    node.Ordeal
	soaking   soaking
	simulated searching
}

// checkReport is what `nrkern check -o json` prints.
type checkReport struct {
	Structure string          `json:"structure"`
	Judgement check.Judgement `json:"judgement"` // the worst of the parts
	// Histories is null with --histories 0, Probe with --reads 0, Strikes without
	// --kills and --stops.
	Histories *historiesReport   `json:"histories"`
	Probe     *probeReport       `json:"probe"`
	Strikes   *node.OrdealReport `json:"strikes"`
	Replicas  replicasReport     `json:"replicas"`
}

type historiesReport struct {
	Judgement   check.Judgement `json:"judgement"`
	Recorded    int             `json:"recorded"`
	Operations  int             `json:"operations"`
	Open        int             `json:"open_operations"`
	Overlapping int             `json:"overlapping_operations_of_other_clients"`
	// Excerpt shows what cannot be explained; Seed repeats the operations.
	Seed          uint64 `json:"seed"`
	Excerpt       string `json:"excerpt,omitempty"`
	Visualization string `json:"visualization,omitempty"`
}

type probeReport struct {
	Judgement check.Judgement `json:"judgement"`
	check.ProbeResult
	Readers int    `json:"readers"`
	Writers int    `json:"writers"`
	Keys    uint64 `json:"keys"`
}

func newCheck(s *session) *cobra.Command {
	f := checking{histories: 10, record: node.DefaultRecordRequest(), probe: node.DefaultProbeRequest(), ordeal: node.DefaultOrdeal()}
	cmd := &cobra.Command{
		Use: "check", Short: "Check the running machine, or a simulated one: linearizable, nothing stale, replicas equal", Args: noArguments,
		Long: `Check the running machine from outside, by what clients on all its nodes see:

  histories  random operations on few keys, recorded with their times, have an
             order within those times that a sequential service explains
  probe      no read of a counter that only grows returns less than an earlier
             read anywhere had returned; with --probe-keys, of several that are
             raised together
  strikes    with --kills and --stops: kernels are killed and stopped under load, and
             what callers outside saw has an order that explains it
  replicas   at rest, the copies of the state have equal digests

Keys from 2^40 on are used, and left behind. Exit status: 4 if a check fails.

With --soak nr machines are started for it, with one log and several, tiny ones that
are full all the time, as many kernels as CPUs and more. For so long kernels are
killed and stopped, nodes leave and come back, supervisors are killed and others take
over, under load; histories are judged and digests compared all along, and at the end
whether the memory of each process is flat.

With --simulate no machine need run: the same protocol code runs on a simulated
machine, on many schedules, with delays, stops and deaths at any access to shared
memory. What a SCENARIO does not say is drawn by the seed:

  STRUCTURE      ` + simulated() + `
  ,nodes=N       and clients (a node), operations (a client), window, keys,
                 data-max (bytes), lead (slots of the log filled before), many
                 (percent of operations over several keys), polls (before a
                 thread sleeps), stops and deaths (of kernels), absences (of kernels that
                 are passed over and rebuilt); or unattended; with exact,
                 nothing is drawn: what is not said is as small as it can be`,
		Example: "  nrkern check\n  nrkern check --soak 10m\n  nrkern check --histories 100 --operations 200 --reads 50000000\n" +
			"  nrkern check --simulate nr,deaths=1 --schedules 10000\n  nrkern check --simulate multikernel,nodes=2 --seed 17 --trace",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.histories < 0 {
				return &usageError{text: fmt.Sprintf("--histories %d: want 0 or more", f.histories), command: cmd.CommandPath()}
			}
			if f.ordeal.Kills < 0 || f.ordeal.Stops < 0 {
				return &usageError{text: fmt.Sprintf("--kills %d, --stops %d: want 0 or more", f.ordeal.Kills, f.ordeal.Stops), command: cmd.CommandPath()}
			}
			if cmd.Flags().Changed("soak") {
				return f.soaking.run(cmd, s, &f)
			}
			if text := f.simulated.conflict(cmd.Flags().Changed); text != "" {
				return &usageError{text: text, command: cmd.CommandPath()}
			}
			if f.simulated.scenario != "" {
				return f.simulated.run(cmd.Context(), s, f.record.Seed, cmd.Flags().Changed("schedules"))
			}
			c, err := s.dial()
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := f.run(cmd.Context(), c, s)
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
	flags.IntVar(&f.histories, "histories", f.histories, "histories to record; 0 for none")
	flags.IntVar(&f.record.Operations, "operations", f.record.Operations, "operations of each client in a history")
	flags.IntVar(&f.record.ClientsPerNode, "clients-per-node", f.record.ClientsPerNode, "clients on each node")
	flags.Uint64Var(&f.record.Keys, "keys", f.record.Keys, "keys of a history; 0 for 3, or half as many as clients if that is more")
	flags.IntVar(&f.record.Window, "window", f.record.Window, "most operations that a client has outstanding")
	flags.IntVar(&f.record.Many, "many", f.record.Many, "how often, in percent, an operation of a history is over several keys: put-many or scan")
	flags.Uint64Var(&f.record.Seed, "seed", f.record.Seed, "chooses the operations of the first history (with --simulate, and its schedule); the next have the next seeds")
	flags.DurationVar(&f.judging.Timeout, "timeout", time.Minute, "how long to judge one history")
	flags.StringVar(&f.judging.Visualization, "visualize", "", "where to write an HTML page of a history that cannot be explained")
	flags.Uint64Var(&f.probe.Reads, "reads", f.probe.Reads, "reads of each reader of the probe; 0 for no probe")
	flags.Uint64Var(&f.probe.Keys, "probe-keys", 1, "counters of the probe; with more than one all are raised at one instant, and a read of any may not be behind one of another")
	addOrdeal(cmd, &f.ordeal)
	f.soaking.addFlags(cmd)
	f.simulated.addFlags(cmd)
	return cmd
}

func (f *checking) run(ctx context.Context, m node.API, s *session) (*checkReport, error) {
	status, err := m.Status(ctx, node.StatusRequest{})
	if err != nil {
		return nil, err
	}
	r := &checkReport{Structure: status.Config.Structure(), Judgement: check.OK}
	var parts []check.Judgement
	if f.histories > 0 {
		if r.Histories, err = f.judge(ctx, m); err != nil {
			return nil, err
		}
		s.log.Info(r.Histories.String())
		parts = append(parts, r.Histories.Judgement)
	}
	if f.probe.Reads > 0 {
		found, err := m.Probe(ctx, f.probe)
		if err != nil {
			return nil, err
		}
		r.Probe = &probeReport{Judgement: check.OK, ProbeResult: found.ProbeResult, Readers: found.Spec.Readers, Writers: found.Spec.Writers, Keys: found.Spec.Keys}
		if found.Stale > 0 {
			r.Probe.Judgement = check.Illegal
		}
		s.log.Info(r.Probe.String())
		parts = append(parts, r.Probe.Judgement)
	}
	if f.ordeal.Kills+f.ordeal.Stops > 0 {
		if r.Strikes, err = f.ordealRun(ctx, m, s); err != nil {
			return nil, err
		}
		parts = append(parts, r.Strikes.Judgement)
	}
	if r.Replicas, err = compareReplicas(ctx, m); err != nil {
		return nil, err
	}
	for _, j := range append(parts, r.Replicas.Judgement) {
		if j == check.Illegal || j == check.Unknown && r.Judgement == check.OK {
			r.Judgement = j
		}
	}
	return r, nil
}

// judge records histories and judges each, until one is illegal.
func (f *checking) judge(ctx context.Context, m node.API) (*historiesReport, error) {
	all := &historiesReport{Judgement: check.OK, Seed: f.record.Seed}
	for i := range f.histories {
		ask := f.record
		ask.Seed += uint64(i)
		history, err := m.Record(ctx, ask)
		if err != nil {
			return all, err
		}
		v, err := check.Linearizable(history.Entries, f.judging)
		if err != nil {
			return all, err
		}
		all.Recorded++
		all.Operations += v.Operations
		all.Open += v.Open
		all.Overlapping += v.OverlappingClients
		if v.Judgement != check.OK {
			all.Judgement, all.Seed, all.Excerpt, all.Visualization = v.Judgement, ask.Seed, v.Excerpt, v.Visualization
		}
		if v.Judgement == check.Illegal || ctx.Err() != nil {
			break
		}
	}
	return all, ctx.Err()
}

func (h *historiesReport) String() string {
	share := 0
	if h.Operations > 0 {
		share = 100 * h.Overlapping / h.Operations
	}
	return fmt.Sprintf("%s, %s operations, %d %% overlap another client's on their key", plural(h.Recorded, "history"), grouped(h.Operations), share)
}

func (p *probeReport) String() string {
	text := fmt.Sprintf("%s stale of %s reads by %s, beside %s writes by %s",
		grouped(p.Stale), grouped(p.Reads), plural(p.Readers, "reader"), grouped(p.Writes), plural(p.Writers, "writer"))
	if p.Keys > 1 {
		text += fmt.Sprintf(", of %d counters", p.Keys)
	}
	return text
}

// err is nil only if all is ok: a check that ran out of time has not passed.
func (r *checkReport) err() error {
	switch {
	case r.Histories != nil && r.Histories.Judgement == check.Illegal:
		return fmt.Errorf("check: %w: a history (seed %d) is not linearizable:\n%s", errCheck, r.Histories.Seed, r.Histories.Excerpt)
	case r.Probe != nil && r.Probe.Judgement == check.Illegal:
		return fmt.Errorf("check: %w: %d stale reads, the first: %s", errCheck, r.Probe.Stale, r.Probe.FirstStale)
	case r.Strikes != nil && r.Strikes.Judgement == check.Illegal:
		return fmt.Errorf("check: %w: under strikes a history is not linearizable:\n%s", errCheck, r.Strikes.Excerpt)
	case r.Replicas.Judgement == check.Illegal:
		return fmt.Errorf("check: %w: %s", errCheck, r.Replicas.Text)
	case r.Histories != nil && r.Histories.Judgement == check.Unknown:
		return fmt.Errorf("check: a history (seed %d) was not judged in time: %s: give a longer --timeout or fewer --operations", r.Histories.Seed, r.Histories.Excerpt)
	case r.Strikes != nil && r.Strikes.Judgement == check.Unknown:
		return fmt.Errorf("check: a history under strikes was not judged in time: %s: give a longer --timeout", r.Strikes.Excerpt)
	case r.Replicas.Judgement == check.Unknown:
		return fmt.Errorf("check: %s", r.Replicas.Text)
	}
	return nil
}

func (r *checkReport) table(w io.Writer) error {
	g := newGrid("l", "CHECK", "JUDGEMENT", "OF "+r.Structure)
	if r.Histories != nil {
		g.add("histories", string(r.Histories.Judgement), r.Histories.String())
	}
	if r.Probe != nil {
		g.add("probe", string(r.Probe.Judgement), r.Probe.String())
	}
	if r.Strikes != nil {
		g.add("strikes", string(r.Strikes.Judgement), ordealText(r.Strikes))
	}
	g.add("replicas", string(r.Replicas.Judgement), r.Replicas.Text)
	return g.write(w)
}

func (r *checkReport) csv() [][]string {
	records := [][]string{{"structure", "check", "judgement", "operations", "stale_reads"}}
	if h := r.Histories; h != nil {
		records = append(records, []string{r.Structure, "histories", string(h.Judgement), strconv.Itoa(h.Operations), ""})
	}
	if p := r.Probe; p != nil {
		records = append(records, []string{r.Structure, "probe", string(p.Judgement), strconv.FormatUint(p.Reads+p.Writes, 10), strconv.FormatUint(p.Stale, 10)})
	}
	if r.Strikes != nil {
		records = append(records, ordealRecord(r.Structure, r.Strikes))
	}
	return append(records, []string{r.Structure, "replicas", string(r.Replicas.Judgement), "", ""})
}
