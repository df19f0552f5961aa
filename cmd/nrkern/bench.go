package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/workload"
)

func newBench(s *session) *cobra.Command {
	cmd := group("bench", "Run one workload on the running machine", `Run a workload on threads of all nodes of the running machine, and say how many
operations it did, how long they took, and what crossed between nodes.`)
	cmd.AddCommand(newBenchKV(s))
	return cmd
}

func newBenchKV(s *session) *cobra.Command {
	ask := node.DefaultBenchRequest()
	cmd := &cobra.Command{
		Use: "kv", Short: "Reads and writes of the key-value service", Args: noArguments,
		Long: `Each thread keeps --window operations outstanding; each is a write with a chance
of --write-ratio percent, else a read, of a key drawn from --distribution.

The time of an operation is from its start until it is collected, so it includes
the time for which its thread was busy with the rest of the window. Hand-overs
are cache lines that another node had touched last, as the structure itself
observed them: a lower bound. What a structure does not have (log entries,
messages) is shown as -, and is null in JSON.

The keys 0 to --keys minus 1 are overwritten.`,
		Example: `  nrkern bench kv --write-ratio 10 --keys 50000 --distribution uniform \
    --threads-per-node 1 --duration 3s --window 16 -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := ask.Validate(); err != nil {
				return &usageError{text: err.Error(), command: cmd.CommandPath()}
			}
			c, err := s.dial()
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Bench(cmd.Context(), ask)
			if err != nil {
				return err
			}
			for _, w := range r.Warnings {
				s.log.Warn(w)
			}
			if err := s.print(result{
				data:  r,
				table: func(w io.Writer) error { return writeBench(w, r) },
				csv:   func() [][]string { return benchRecords(r) },
			}); err != nil {
				return err
			}
			if r.Failures > 0 {
				return fmt.Errorf("bench kv: %w: %d operations were answered wrongly, the first: %s", errCheck, r.Failures, r.FirstFailure)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.Float64Var(&ask.WriteRatio, "write-ratio", ask.WriteRatio, "writes, in percent of the operations")
	flags.Uint64Var(&ask.Keys, "keys", ask.Keys, "number of keys")
	flags.Var(choice[workload.Distribution]{&ask.Distribution, oneOf(workload.Uniform, workload.Zipf)}, "distribution", "how keys are drawn: uniform or zipf")
	flags.Float64Var(&ask.ZipfTheta, "zipf-theta", ask.ZipfTheta, "exponent of the Zipf distribution")
	flags.IntVar(&ask.ThreadsPerNode, "threads-per-node", ask.ThreadsPerNode, "threads on each node")
	flags.DurationVar(&ask.Duration, "duration", ask.Duration, "how long to measure")
	flags.DurationVar(&ask.Warmup, "warmup", ask.Warmup, "how long to run before that")
	flags.IntVar(&ask.Window, "window", ask.Window, "operations that each thread keeps outstanding")
	flags.BoolVar(&ask.Prefill, "prefill", ask.Prefill, "store a value under each key first")
	flags.Uint64Var(&ask.Seed, "seed", ask.Seed, "chooses the operations")
	flags.IntVar(&ask.ValueBytes, "value-bytes", ask.ValueBytes, "length of the values in bytes; 0 for 64-bit words")
	complete(cmd, "distribution", "uniform", "zipf")
	return cmd
}

func writeBench(w io.Writer, r *node.BenchResult) error {
	spec := r.Workload
	where := plural(r.Nodes, "node")
	if r.Topology != "" {
		where = "virtual " + r.Topology
	}
	fmt.Fprintf(w, "%s on %s: %s keys, %s, %v %% writes, %s a node, window %d, %v\n\n",
		r.Structure, where, grouped(spec.Keys), spec.Distribution, spec.WriteRatio,
		plural(spec.ThreadsPerNode, "thread"), spec.Window, spec.Duration)
	g := newGrid("lr", "", "OPS/S", "P50", "P99", "P99.9", "MAX", "CPUS")
	add := func(name string, s workload.Summary, cpus string) {
		g.add(name, rate(s.OpsPerS), nanoseconds(s.LatencyP50), nanoseconds(s.LatencyP99), nanoseconds(s.LatencyP999), nanoseconds(s.LatencyMax), cpus)
	}
	add("all", r.Summary, "")
	for _, n := range r.ByNode {
		add(fmt.Sprintf("node %d", n.Node), n.Summary, listed(n.CPUs))
	}
	if err := g.write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nper operation: %s log entries, %s messages, %s hand-overs (observed: a lower bound)\nfailures: %d of %s operations\n",
		perOperation(r.LogEntriesPerOp), perOperation(r.MessagesPerOp), perOperation(r.HandOversPerOp), r.Failures, grouped(r.Operations))
	return err
}

// listed writes each number of a list, in its order.
func listed(numbers []int) string {
	text := ""
	for i, n := range numbers {
		if i > 0 {
			text += ","
		}
		text += strconv.Itoa(n)
	}
	return text
}

// benchRecords has a record for all nodes, of node "all", and one for each.
func benchRecords(r *node.BenchResult) [][]string {
	optional := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	records := [][]string{{
		"structure", "node", "write_ratio_percent", "keys", "distribution", "threads_per_node", "window",
		"operations", "failures", "ops_per_s", "latency_p50_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns",
		"log_entries_per_op", "messages_per_op", "handovers_per_op",
	}}
	add := func(name string, s workload.Summary, logs, messages, handOvers string) {
		spec := r.Workload
		records = append(records, []string{
			r.Structure, name, strconv.FormatFloat(spec.WriteRatio, 'g', -1, 64), strconv.FormatUint(spec.Keys, 10),
			string(spec.Distribution), strconv.Itoa(spec.ThreadsPerNode), strconv.Itoa(spec.Window),
			strconv.FormatUint(s.Operations, 10), strconv.FormatUint(s.Failures, 10), strconv.FormatFloat(s.OpsPerS, 'f', 0, 64),
			strconv.FormatInt(s.LatencyP50, 10), strconv.FormatInt(s.LatencyP99, 10), strconv.FormatInt(s.LatencyP999, 10),
			strconv.FormatInt(s.LatencyMax, 10), logs, messages, handOvers,
		})
	}
	add("all", r.Summary, optional(r.LogEntriesPerOp), optional(r.MessagesPerOp), optional(r.HandOversPerOp))
	for _, n := range r.ByNode {
		add(strconv.Itoa(n.Node), n.Summary, "", "", "")
	}
	return records
}
