package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/simulate"
	"github.com/nrkern/nrkern/workload"
)

// simulateReport is what `nrkern simulate kv -o json` prints.
type simulateReport struct {
	// Kind says that nothing here was measured.
	Kind         string                `json:"kind"`
	Topology     string                `json:"topology"`
	Keys         uint64                `json:"keys"`
	Distribution workload.Distribution `json:"distribution"`
	ZipfTheta    float64               `json:"zipf_theta"`
	Window       int                   `json:"window"`
	ValueBytes   int                   `json:"value_bytes"`
	Seed         uint64                `json:"seed"`
	Results      []*simulate.Counts    `json:"results"`
}

// counting is the flags of `simulate kv`.
type counting struct {
	topology    string
	modes       []string
	logs        []int
	writeRatios []float64
	operations  uint64
	load        workload.Spec
}

func newSimulate(s *session) *cobra.Command {
	cmd := group("simulate", "Run a workload on a simulated machine, which counts cache lines", `Run a workload on a simulated machine of any size: the protocol code that ships, on
cores that are simulated. It counts steps and the cache lines that cross between
cores and nodes; it measures nothing, and needs no machine that runs.`)
	cmd.AddCommand(newSimulateKV(s))
	return cmd
}

func newSimulateKV(s *session) *cobra.Command {
	f := counting{topology: "4x2", modes: []string{"nr", "multikernel"}, logs: []int{1}, writeRatios: []float64{0, 10, 50, 100}, operations: 20_000, load: workload.Default()}
	cmd := &cobra.Command{
		Use: "kv", Short: "Reads and writes of the key-value service", Args: noArguments,
		Long: `A thread on each core keeps --window operations outstanding, as with nrkern bench
kv. Every core makes one access to shared memory a step; a directory follows each
cache line through the cores' caches.

  transfers  accesses that found the line in another core's cache, or had to end
             the copies there: of the same node, or of another
  handovers  those between nodes to a node that did not have the line last
  observed   the hand-overs that the structure itself observes when it runs for
             real: a lower bound of those

JSON and CSV have them by region of memory and kind of access. The same flags give
the same bytes on any machine.`,
		Example: "  nrkern simulate kv --topology 4x2 --mode nr,multikernel --write-ratio 0,10,50,100 --seed 1 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := f.run()
			if err != nil {
				return err
			}
			return s.print(result{data: r, table: r.table, csv: r.csv})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.topology, "topology", f.topology, "the simulated machine: NODESxCORES")
	flags.StringSliceVar(&f.modes, "mode", f.modes, "structures: nr, multikernel, biglock-mutex, biglock-rwlock, biglock-mcs")
	flags.IntSliceVar(&f.logs, "logs", f.logs, "numbers of logs (nr)")
	flags.Float64SliceVar(&f.writeRatios, "write-ratio", f.writeRatios, "writes, in percent of the operations")
	flags.Uint64Var(&f.operations, "operations", f.operations, "operations to count, of all threads; as many go before, to warm up")
	flags.Uint64Var(&f.load.Keys, "keys", f.load.Keys, "number of keys")
	flags.Var(choice[workload.Distribution]{&f.load.Distribution, oneOf(workload.Uniform, workload.Zipf)}, "distribution", "how keys are drawn: uniform or zipf")
	flags.Float64Var(&f.load.ZipfTheta, "zipf-theta", f.load.ZipfTheta, "exponent of the Zipf distribution")
	flags.IntVar(&f.load.Window, "window", f.load.Window, "operations that each thread keeps outstanding")
	flags.IntVar(&f.load.ValueBytes, "value-bytes", f.load.ValueBytes, "length of the values in bytes; 0 for 64-bit words")
	flags.Uint64Var(&f.load.Seed, "seed", f.load.Seed, "chooses the operations")
	complete(cmd, "mode", simulate.Counted()...)
	complete(cmd, "distribution", "uniform", "zipf")
	return cmd
}

func (f *counting) run() (*simulateReport, error) {
	spec, err := numa.ParseSpec(f.topology)
	if err != nil {
		return nil, err
	}
	r := &simulateReport{
		Kind: "simulated", Topology: f.topology, Keys: f.load.Keys, Distribution: f.load.Distribution, ZipfTheta: f.load.ZipfTheta,
		Window: f.load.Window, ValueBytes: f.load.ValueBytes, Seed: f.load.Seed, Results: []*simulate.Counts{},
	}
	for _, mode := range f.modes {
		logs := f.logs
		if mode != "nr" {
			logs = []int{1}
		}
		for _, n := range logs {
			for _, ratio := range f.writeRatios {
				c := simulate.Count{Structure: mode, Logs: n, Topology: spec, Workload: f.load, Operations: f.operations}
				c.Workload.WriteRatio, c.Workload.ThreadsPerNode = ratio, spec.Cores
				counts, err := c.Run()
				if err != nil {
					return nil, err
				}
				if n > 1 {
					counts.Structure = fmt.Sprintf("%s/%d-logs", mode, n)
				}
				r.Results = append(r.Results, counts)
			}
		}
	}
	return r, nil
}

func (r *simulateReport) table(w io.Writer) error {
	fmt.Fprintf(w, "simulated %s: %s keys, %s, window %d; per operation, nothing measured\n\n", r.Topology, grouped(r.Keys), r.Distribution, r.Window)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	g := newGrid("lr", "STRUCTURE", "WRITES", "OPS/1000 STEPS", "ACCESSES", "SAME NODE", "CROSS NODE", "HANDOVERS", "OBSERVED", "MOST BETWEEN NODES")
	for _, c := range r.Results {
		g.add(c.Structure, fmt.Sprintf("%v %%", c.WriteRatio), number(c.OpsPerKSteps), number(c.AccessesPerOp), number(c.SameNode),
			number(c.CrossNode), number(c.HandOvers), number(c.ObservedPerOp), mostCrossed(c))
	}
	return g.write(w)
}

// mostCrossed names the regions whose lines cross most, down to a tenth of all.
func mostCrossed(c *simulate.Counts) string {
	most := slices.DeleteFunc(slices.Clone(c.Regions), func(r simulate.RegionCounts) bool {
		return r.CrossNode == 0 || 10*r.CrossNode < c.CrossNode
	})
	slices.SortStableFunc(most, func(a, b simulate.RegionCounts) int { return cmp.Compare(b.CrossNode, a.CrossNode) })
	var names []string
	for _, r := range most {
		names = append(names, r.Region)
	}
	return strings.Join(names, " ")
}

// csv has a record for all accesses of a result, of region "all", and one for
// each region and kind of access.
func (r *simulateReport) csv() [][]string {
	records := [][]string{{
		"structure", "write_ratio_percent", "region", "access", "operations", "steps", "ops_per_1000_steps",
		"hits_per_op", "same_node_transfers_per_op", "cross_node_transfers_per_op", "from_memory_per_op", "handovers_per_op", "observed_handovers_per_op",
	}}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	perOp := func(p simulate.PerOp) []string {
		return []string{number(p.Hits), number(p.SameNode), number(p.CrossNode), number(p.Memory), number(p.HandOvers)}
	}
	for _, c := range r.Results {
		head := []string{c.Structure, number(c.WriteRatio)}
		all := append(append([]string{}, head...), "all", "all", strconv.FormatUint(c.Operations, 10), strconv.FormatUint(c.Steps, 10), number(c.OpsPerKSteps))
		records = append(records, append(append(all, perOp(c.PerOp)...), number(c.ObservedPerOp)))
		for _, region := range c.Regions {
			for _, a := range region.Accesses {
				part := append(append([]string{}, head...), region.Region, a.Access, "", "", "")
				records = append(records, append(append(part, perOp(a.PerOp)...), ""))
			}
		}
	}
	return records
}
