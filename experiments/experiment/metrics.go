package experiment

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Metrics returns the columns that a sample of a structure under a workload
// has.
func Metrics() []results.Column {
	return []results.Column{
		{Name: "ops_per_s", Label: "operations a second"},
		{Name: "latency_p50_ns", Label: "median latency, ns", Lower: true},
		{Name: "latency_p99_ns", Label: "99th percentile of latency, ns", Lower: true},
		{Name: "handovers_per_op", Label: "cache-line hand-overs an operation (observed: a lower bound)", Lower: true},
		{Name: "log_entries_per_op", Label: "log entries an operation", Lower: true},
		{Name: "messages_per_op", Label: "messages an operation", Lower: true},
	}
}

// Values returns the metrics of a sample of a structure. What it has not is not
// there: of NR there are log entries, of the multikernel messages.
func Values(s workload.Summary, t transport.Traffic) map[string]float64 {
	per := func(n uint64) float64 { return float64(n) / float64(max(1, s.Operations)) }
	v := map[string]float64{
		"ops_per_s": s.OpsPerS, "latency_p50_ns": float64(s.LatencyP50), "latency_p99_ns": float64(s.LatencyP99),
		"handovers_per_op": per(t.HandOvers()), "log_entries_per_op": per(t.LogEntries), "messages_per_op": per(t.Messages),
		"entry_lines_per_op": per(t.EntryLines), "control_lines_per_op": per(t.ControlLines),
		"message_lines_per_op": per(t.MessageLines), "lock_lines_per_op": per(t.LockLines),
	}
	if t.LogBatches > 0 {
		v["entries_per_reservation"] = float64(t.LogEntries) / float64(t.LogBatches)
	}
	return v
}
