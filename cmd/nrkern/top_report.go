package main

import (
	"time"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/workload"
)

// topReport is what the machine did in an interval. What a kernel did that was
// silent at its beginning or end is null, and so is the sum.
type topReport struct {
	Began        time.Time          `json:"began"`
	Duration     time.Duration      `json:"duration_ns"`
	Mode         node.Mode          `json:"mode"`
	State        node.State         `json:"state"`
	Job          string             `json:"job,omitempty"`
	Operations   *uint64            `json:"operations"`
	OperationsPS *float64           `json:"ops_per_s"`
	Kernels      []topKernel        `json:"kernels"`
	Matrix       *tracing.HandOvers `json:"handovers"`
}

// topKernel is what one kernel did. What was not measured, or does not exist in
// the structure, is null.
type topKernel struct {
	Node         int        `json:"node"`
	PID          int        `json:"pid"`
	State        node.State `json:"state"`
	Operations   *uint64    `json:"operations"`
	OperationsPS *float64   `json:"ops_per_s"`
	P50          *uint64    `json:"latency_p50_ns"`
	P99          *uint64    `json:"latency_p99_ns"`
	Threads      int        `json:"threads"`
	// Lag is how far it is behind: nr, slots of the log that it has not applied;
	// multikernel, slots sent to it that it has not taken.
	Lag *uint64 `json:"lag_slots"`
	// LagShare is the lag as a part of the log, or of the fullest ring.
	LagShare *float64 `json:"lag_share"`
	Lines    *uint64  `json:"handover_lines"` // taken from others
}

// topOf says what happened between two statuses.
func topOf(before, after *node.Status, d time.Duration) topReport {
	r := topReport{
		Duration: d, Mode: after.Config.Mode, State: after.State, Job: after.Job, Kernels: []topKernel{},
		Operations: completed(before, after), Matrix: between(before, after, d.Seconds()),
	}
	r.OperationsPS = perSecond(r.Operations, d)
	for _, k := range after.Kernels {
		n := topKernel{Node: k.Node, PID: k.PID, State: k.State, Threads: k.Threads}
		if a, ok := answeredOf(before, k); ok {
			operations, lines := a.operations(), uint64(0)
			n.Operations, n.OperationsPS = &operations, perSecond(&operations, d)
			since := workload.SinceLatencies(k.Latencies, a.before.Latencies)
			n.P50, n.P99 = quantileOf(since, 0.5), quantileOf(since, 0.99)
			for _, h := range r.Matrix.Cells {
				if h.To == k.Node || k.Node < 0 {
					lines += h.Lines
				}
			}
			n.Lines = &lines
		}
		n.Lag, n.LagShare = lagOf(after, k)
		r.Kernels = append(r.Kernels, n)
	}
	return r
}

func perSecond(n *uint64, d time.Duration) *float64 {
	if n == nil {
		return nil
	}
	v := float64(*n) / d.Seconds()
	return &v
}

func quantileOf(latencies []workload.Latency, q float64) *uint64 {
	if ns, ok := workload.QuantileOf(latencies, q); ok {
		return &ns
	}
	return nil
}

// lagOf says how far a kernel is behind the others.
func lagOf(s *node.Status, k node.KernelStatus) (lag *uint64, share *float64) {
	var behind uint64
	var part float64
	switch {
	case k.Log != nil:
		tail := k.Log.Tail
		for _, other := range s.Kernels {
			if other.Log != nil {
				tail = max(tail, other.Log.Tail)
			}
		}
		behind = tail - min(k.Log.Applied, tail)
		part = float64(behind) / float64(max(k.Log.Capacity, 1))
	case k.Channels != nil:
		for _, other := range s.Kernels {
			there, to := other.Channels[k.Node]
			here, from := k.Channels[other.Node]
			if !to || !from {
				continue
			}
			// The two were not asked at the same moment.
			waiting := there.Sent - min(here.Received, there.Sent)
			behind += waiting
			part = max(part, float64(waiting)/float64(max(there.Ring, 1)))
		}
	default:
		return nil, nil
	}
	return &behind, &part
}
