package export

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/nrkern/nrkern/tracing"
)

func TestFolded(t *testing.T) {
	var b strings.Builder
	stacks := []tracing.Stack{{Node: 0, Samples: 3, Frames: []string{"inner", "outer"}}, {Node: -1, Samples: 1, Frames: []string{"x"}}}
	if err := Folded(&b, stacks, 2); err != nil {
		t.Fatal(err)
	}
	if want := "node 0;outer;inner 3\nall nodes;x 1\nlost 2\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func matrix(nodes int) *tracing.HandOvers {
	m := &tracing.HandOvers{LowerBound: true, Nodes: nodes}
	for to := range nodes {
		m.Cells = append(m.Cells, tracing.HandOver{From: (to + 1) % nodes, To: to, Cause: "message", Lines: uint64(1000 * to)})
	}
	return m
}

// TestHeatmap: both formats are written, and say their numbers; what cannot be a
// picture says why.
func TestHeatmap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traffic")
	m := matrix(4)
	m.Cells = append(m.Cells, tracing.HandOver{From: -1, To: 0, Cause: "slot_reuse", Lines: 77})
	if err := Heatmap(path, m); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(path + ".svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3k", "77", "?", "lower bound"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("the SVG does not have %q", want)
		}
	}
	f, err := os.Open(path + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := png.Decode(f); err != nil {
		t.Errorf("the PNG: %v", err)
	}
	for _, c := range []struct {
		path string
		m    *tracing.HandOvers
	}{{path + ".gif", m}, {path, matrix(1)}, {path, nil}} {
		if err := Heatmap(c.path, c.m); !errors.Is(err, ErrPicture) {
			t.Errorf("%s, %+v: %v", c.path, c.m, err)
		}
	}
}

func TestCount(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1k", 235912: "236k", 999999: "1M", 1.5e9: "1.5G"} {
		if got := count(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}

// TestCollector: what was counted is there with its labels, and what was not is
// not there at all.
func TestCollector(t *testing.T) {
	seven, spent, total, coverage := uint64(7), 15*time.Second, 12.0, 0.5
	r := &tracing.Report{
		Operations: &seven,
		Sites:      []tracing.Site{{Name: "call_end", Pair: "call", Node: 1, Hits: 9, Pairs: &seven, Total: &spent}},
		Calls:      []tracing.Call{{Node: 1, Service: 1, Code: 2, Calls: 3, Total: 3 * time.Second, Mean: time.Second}},
		Counters:   []tracing.Count{{Event: "page-faults", Total: &total, Coverage: &coverage, ByNode: map[int]float64{0: 12}}, {Event: "cycles", Reason: "no PMU"}},
		Kernel:     []tracing.Activity{{Event: "tlb_flushes", Total: &seven, ByNode: map[int]uint64{0: 7}}, {Event: "ipis_sent", Reason: "none"}},
		Matrix:     matrix(2),
		Lost:       tracing.Lost{Total: 4},
	}
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(NewCollector(func() (*tracing.Report, error) { return r, nil }, func(int, int) string { return "kv put" })); err != nil {
		t.Fatal(err)
	}
	const want = `
# HELP nrkern_call_seconds Time of calls by operation.
# TYPE nrkern_call_seconds summary
nrkern_call_seconds_sum{node="1",operation="kv put"} 3
nrkern_call_seconds_count{node="1",operation="kv put"} 3
# HELP nrkern_counter_total Perf event of all threads, scaled for multiplexing.
# TYPE nrkern_counter_total counter
nrkern_counter_total{event="page-faults",node="0"} 12
# HELP nrkern_handover_lines_total Cache lines handed over between nodes, observed: a lower bound.
# TYPE nrkern_handover_lines_total counter
nrkern_handover_lines_total{cause="message",from="0",to="1"} 1000
nrkern_handover_lines_total{cause="message",from="1",to="0"} 0
# HELP nrkern_linux_events_total What Linux did for the machine, from its tracepoints.
# TYPE nrkern_linux_events_total counter
nrkern_linux_events_total{event="tlb_flushes",node="0"} 7
# HELP nrkern_site_seconds Time between the beginning and the end of a pair of sites.
# TYPE nrkern_site_seconds summary
nrkern_site_seconds_sum{node="1",pair="call"} 15
nrkern_site_seconds_count{node="1",pair="call"} 7
# HELP nrkern_trace_lost_total Hits, pairs and stacks that were not kept.
# TYPE nrkern_trace_lost_total counter
nrkern_trace_lost_total 4
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "nrkern_call_seconds", "nrkern_counter_total", "nrkern_handover_lines_total", "nrkern_linux_events_total", "nrkern_site_seconds", "nrkern_trace_lost_total", "nrkern_trace_program_runs_total"); err != nil {
		t.Error(err)
	}
}

// TestSumsGrow: when a scrape finds another, shorter call, the sum grows by it,
// though the mean falls.
func TestSumsGrow(t *testing.T) {
	last := -1.0
	for _, r := range []tracing.Report{
		{Calls: []tracing.Call{{Calls: 3, Total: 11, Mean: 3}}},
		{Calls: []tracing.Call{{Calls: 4, Total: 12, Mean: 3}}},
		{Calls: []tracing.Call{{Calls: 5, Total: 13, Mean: 2}}},
	} {
		registry := prometheus.NewPedanticRegistry()
		if err := registry.Register(NewCollector(func() (*tracing.Report, error) { return &r, nil }, func(int, int) string { return "" })); err != nil {
			t.Fatal(err)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "nrkern_call_seconds" {
				continue
			}
			now := f.GetMetric()[0].GetSummary().GetSampleSum()
			if now <= last {
				t.Errorf("after %d calls the sum is %v, it was %v", r.Calls[0].Calls, now, last)
			}
			last = now
		}
	}
	if last < 0 {
		t.Error("no sum of calls")
	}
}
