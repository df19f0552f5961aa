package workload_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/workload"
)

func outcomeOf(ops uint64, elapsed time.Duration, latencies ...int64) workload.Outcome {
	o := workload.Outcome{Workers: 1, Operations: ops, Reads: ops - 1, Writes: 1, Elapsed: elapsed, Latency: workload.NewHistogram()}
	for _, ns := range latencies {
		o.Latency.Record(ns)
		o.LatencyMax = max(o.LatencyMax, time.Duration(ns))
	}
	return o
}

// TestOutcomeCrossesProcesses merges outcomes as a supervisor does: from JSON.
func TestOutcomeCrossesProcesses(t *testing.T) {
	var merged workload.Outcome
	for _, o := range []workload.Outcome{
		outcomeOf(1000, time.Second, 100, 100, 100, 200),
		outcomeOf(3000, 2*time.Second, 100, 100, 100, 5_000_000),
		{},
	} {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var back workload.Outcome
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		merged.Merge(back)
	}
	s := merged.Summary()
	if merged.Workers != 2 || s.Operations != 4000 || merged.Writes != 2 || s.OpsPerS != 2000 ||
		s.LatencySamples != 8 || s.LatencyP50 != 100 || s.LatencyMax != 5_000_000 || s.LatencyP999 > s.LatencyMax {
		t.Errorf("merged: %+v, %+v", merged, s)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"ops_per_s", "latency_p50_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns"} {
		if !strings.Contains(string(text), `"`+key+`":`) {
			t.Errorf("%s lacks %s", text, key)
		}
	}
}

func TestHistogramBounds(t *testing.T) {
	h := workload.NewHistogram()
	for _, ns := range []int64{-5, 0, 1, int64(time.Hour)} {
		h.Record(ns)
	}
	if h.Count() != 4 || h.Quantile(0) > 1 || h.Max() < int64(59*time.Second) {
		t.Errorf("%d recorded, from %d to %d", h.Count(), h.Quantile(0), h.Max())
	}
	if err := h.UnmarshalText([]byte("not a histogram")); err == nil {
		t.Error("nonsense was decoded")
	}
	if s := (workload.Outcome{}).Summary(); s != (workload.Summary{}) {
		t.Errorf("nothing measured: %+v", s)
	}
}
