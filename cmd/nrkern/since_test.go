package main

import (
	"testing"
	"time"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// machineOf is a machine whose kernels completed so much; one below 0 is silent.
func machineOf(operations ...int) *node.Status {
	s := &node.Status{}
	for i, n := range operations {
		k := node.KernelStatus{Node: i, PID: 100 + i, State: node.StateSilent}
		if n >= 0 {
			k.State, k.Operations = node.StateRunning, uint64(n)
			k.HandOvers = []transport.HandOver{{From: 1 - i, To: i, Cause: "message", Lines: uint64(n)}}
			k.Latencies = []workload.Latency{{AtMost: 7, Operations: uint64(n)}}
		}
		s.Kernels = append(s.Kernels, k)
		s.Operations += k.Operations
	}
	return s
}

// TestSilent: what a kernel did that was silent at one end of the interval is not
// known: neither 0, nor all since its start, nor less than nothing.
func TestSilent(t *testing.T) {
	for _, c := range []struct {
		before, after *node.Status
		all           uint64 // completed; 0 for not known
		lines         uint64
	}{
		{machineOf(10, 20), machineOf(13, 25), 8, 8},
		{machineOf(10, 20), machineOf(13, -1), 0, 3},
		{machineOf(10, -1), machineOf(13, 25), 0, 3},
		{machineOf(-1, -1), machineOf(-1, -1), 0, 0},
		{machineOf(), machineOf(13, 25), 38, 38}, // since the start
	} {
		switch n := completed(c.before, c.after); {
		case c.all == 0 && n != nil:
			t.Errorf("%d to %d: %d completed, but a kernel was silent", c.before.Operations, c.after.Operations, *n)
		case c.all != 0 && (n == nil || *n != c.all):
			t.Errorf("%d to %d: %v completed, want %d", c.before.Operations, c.after.Operations, n, c.all)
		}
		m := between(c.before, c.after, 1)
		if m.Lines != c.lines || (m.PerOp == nil) != (c.all == 0) {
			t.Errorf("%d to %d: %+v, want %d lines", c.before.Operations, c.after.Operations, m, c.lines)
		}
		r := topOf(c.before, c.after, time.Second)
		if (r.Operations == nil) != (c.all == 0) || (r.OperationsPS == nil) != (c.all == 0) {
			t.Errorf("%d to %d: top: %+v", c.before.Operations, c.after.Operations, r)
		}
		for i, k := range r.Kernels {
			silent := k.State == node.StateSilent || len(c.before.Kernels) > 0 && c.before.Kernels[i].State == node.StateSilent
			if (k.Operations == nil) != silent || (k.OperationsPS == nil) != silent || (k.P50 == nil) != silent || (k.Lines == nil) != silent {
				t.Errorf("%d to %d: top: node %d: %+v", c.before.Operations, c.after.Operations, i, k)
			}
		}
	}
}
