package node

import (
	"time"

	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// BenchRequest is a timed run of a workload on all nodes: its JSON is the
// Spec's. DefaultBenchRequest is what it is filled up from.
type BenchRequest struct{ workload.Spec }

// DefaultBenchRequest returns what `nrkern bench kv` without flags runs.
func DefaultBenchRequest() BenchRequest { return BenchRequest{workload.Default()} }

// BenchResult is what a bench measured. Its JSON keys are stable. What a
// structure does not have is null, never 0: log entries outside nr, messages
// outside multikernel.
type BenchResult struct {
	Mode     Mode   `json:"mode"`
	Topology string `json:"topology"` // NxM if virtual, else empty
	Nodes    int    `json:"nodes"`
	// Structure is what a table calls the variant: nr, multikernel/partitioned,
	// biglock/mcs.
	Structure string           `json:"structure"`
	Lock      string           `json:"lock,omitempty"`
	Policy    transport.Policy `json:"wait_policy"`
	Hugepages bool             `json:"hugepages"`    // the segment is on 2 MiB pages
	Placed    bool             `json:"placed_right"` // memory and threads, by the kernel's word
	Workload  workload.Spec    `json:"workload"`
	Began     time.Time        `json:"began"`

	// Summary has operations, failures, ops_per_s and latency_*_ns of all nodes.
	workload.Summary
	Elapsed      time.Duration `json:"elapsed_ns"`
	FirstFailure string        `json:"first_failure,omitempty"`
	// The hand-overs are observed ones, a lower bound (see transport.Traffic).
	LogEntriesPerOp *float64           `json:"log_entries_per_op"`
	MessagesPerOp   *float64           `json:"messages_per_op"`
	HandOversPerOp  *float64           `json:"handovers_per_op"`
	HandOversBy     map[string]float64 `json:"handovers_per_op_by_cause"` // log_entry, log_control, message, lock
	ByNode          []NodeResult       `json:"by_node"`
	// Warnings are what a reader of the numbers must know: CPUs that are shared,
	// pages that are elsewhere.
	Warnings []string `json:"warnings"`
}

// NodeResult is one node's part of a BenchResult.
type NodeResult struct {
	Node int   `json:"node"`
	CPUs []int `json:"cpus"` // each thread's, in order
	workload.Summary
	// Traffic is what the node saw during the measurement (not in warm-up).
	Traffic transport.Traffic `json:"traffic"`
	// HandOvers are the lines that it took from others, by node and cause.
	HandOvers []transport.HandOver `json:"handovers"`
	// Latency has the counts behind the percentiles.
	Latency *workload.Histogram `json:"latency_histogram"`
}
