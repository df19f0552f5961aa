package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/tracing"
)

func TestMatrixGrid(t *testing.T) {
	g := matrixGrid(2, []tracing.HandOver{{From: 0, To: 1, Cause: "message", Lines: 5}, {From: -1, To: 0, Cause: "slot_reuse", Lines: 2}})
	var b strings.Builder
	if err := g.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"not known ", "node 0 "} {
		if !strings.Contains(b.String(), "\n"+want) {
			t.Errorf("no row %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "node 1 ") || matrixGrid(1, nil) != nil {
		t.Errorf("a row without lines:\n%s", b.String())
	}
}

// TestLinks: what a socket link carried, or why that is not known, is printed and
// is in the CSV.
func TestLinks(t *testing.T) {
	count, rate, coverage := 1000.0, 4096.0, 0.5
	r := &tracing.Report{Links: []tracing.Link{
		{Event: "uncore_upi_0/tx_data", Socket: 3, Count: &count, BytesPerS: &rate, Coverage: &coverage, Untested: true},
		{Event: "uncore_upi_0/rx_data", Socket: 3, Reason: "no permission"},
	}}
	print := func() string {
		var b strings.Builder
		if err := writeTrace(&b, r, order{column: "time"}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, want := range []string{"uncore_upi_0/tx_data (untested)", "4 KiB", "50 %", "(no permission)"} {
		if text := print(); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	records := traceRecords(r)
	for _, record := range records {
		if len(record) != len(records[0]) {
			t.Errorf("%d columns of %d: %q", len(record), len(records[0]), record)
		}
	}
	for _, want := range []string{"uncore_upi_0/tx_data at CPU 3", "uncore_upi_0/rx_data at CPU 3"} {
		if !slices.ContainsFunc(records, func(r []string) bool { return r[0] == "link" && r[1] == want }) {
			t.Errorf("no record of %s in %q", want, records)
		}
	}
	r.Links = nil
	if text := print(); !strings.Contains(text, "socket links: n/a (") {
		t.Errorf("no reason why there are no links in\n%s", text)
	}
}
