// Package straggler is the experiment of a node that stops for a while: what the
// others get done meanwhile.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := straggler.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package straggler

import (
	"context"
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/node"
)

// The variants: what is called at node 0 while node 1 is stopped.
const (
	nr         = "nr"
	nrSmall    = "nr, log of 256 slots"
	ownShard   = "multikernel, own keys"
	otherShard = "multikernel, keys of the stopped node"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "straggler",
		Title:  "One node stops for a third of a second",
		Claim:  "A replica that stops holds up the others when the log is full; an owner that stops holds up those who ask it, and nobody else.",
		Source: "Calciu et al., ASPLOS'17, section 5.1 (a full log waits for the slowest replica); the node-replication library, measured: a pause of 500 ms gave a write of 500 ms; Barrelfish: a monitor that does not answer",
		Method: "A machine of two kernels; one client makes system calls at node 0, a put at a time through the control plane (some 100 us each, so that the rate is the client's, not the structure's), and counts those that return in each 20 ms. From 100 to 433 ms the kernel of node 1 is stopped (SIGSTOP), then it goes on (SIGCONT). The keys of a multikernel are those that node 0 owns, or those that node 1 owns, found out by the messages that a call sends.",
		Factors: []results.Column{
			{Name: "time_ms", Label: "time, ms"},
			{Name: "phase", Label: "phase"},
		},
		Metrics: []results.Column{
			{Name: "calls_per_s", Label: "calls a second"},
			{Name: "longest_call_ms", Label: "longest call, ms", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "time", Title: "Calls at node 0 while node 1 stops from 100 to 433 ms", Kind: results.Lines, X: "time_ms", Y: "calls_per_s", At: results.Where{"phase": phaseTime}},
			{Name: "longest", Title: "The longest call", Kind: results.Bars, X: "variant", Y: "longest_call_ms", At: results.Where{"phase": phaseStopped}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	const library = "the node-replication library, measured: a pause of 500 ms gave a write of 500 ms"
	stopped := results.Where{"phase": phaseStopped, "time_ms": ""}
	return []shape.Shape{
		{
			Text:   "NR with room in the log: calls go on while a replica is stopped, none takes 100 ms",
			Source: "ASPLOS'17, section 5.1: the log decouples replicas until it is full", Metric: "longest_call_ms",
			Judge: shape.AtMost{Variant: nr, At: stopped, Value: 100, Unit: " ms"},
		},
		{
			Text:   "NR with a small log: a write waits until the stopped replica goes on, 200 ms at least",
			Source: library, Metric: "longest_call_ms",
			Judge: shape.AtLeast{Variant: nrSmall, At: stopped, Value: 200, Unit: " ms"},
		},
		{
			Text:   "Multikernel: calls on the node's own keys go on, none takes 100 ms",
			Source: "SOSP'09, section 3.3: no kernel state is shared", Metric: "longest_call_ms",
			Judge: shape.AtMost{Variant: ownShard, At: stopped, Value: 100, Unit: " ms"},
		},
		{
			Text:   "Multikernel: a call on a key of the stopped node waits until it goes on, 200 ms at least",
			Source: "SOSP'09, section 4.4: messages hang on the answer", Metric: "longest_call_ms",
			Judge: shape.AtLeast{Variant: otherShard, At: stopped, Value: 200, Unit: " ms"},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	return []experiment.Block{{Name: "2x1", Open: func(ctx context.Context) ([]experiment.Point, func() error, error) {
		small, multi := node.DefaultConfig(), node.DefaultConfig()
		small.LogSlots, multi.Mode = 256, node.ModeMultikernel
		set, err := machines.Boot(ctx, lab, "2x1", []machines.Variant{
			{Name: nr, Config: node.DefaultConfig()}, {Name: nrSmall, Config: small}, {Name: "multikernel", Config: multi},
		})
		if err != nil {
			return nil, nil, err
		}
		own, other, err := ownedKeys(ctx, set[2])
		if err != nil {
			return nil, set.Close, err
		}
		some := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
		return []experiment.Point{{
			cell(nr, set[0], some), cell(nrSmall, set[1], some), cell(ownShard, set[2], own), cell(otherShard, set[2], other),
		}}, set.Close, nil
	}}}, nil
}

// ownedKeys finds a few keys that node 0 of a multikernel owns, and a few that
// node 1 owns: a call on one of those sends messages.
func ownedKeys(ctx context.Context, m *machines.Machine) (own, other []uint64, err error) {
	const enough = 8
	sent := func() (n uint64, err error) {
		s, err := m.Status(ctx, node.StatusRequest{})
		if err != nil {
			return 0, err
		}
		return s.Kernels[0].Traffic.Messages, nil
	}
	before, err := sent()
	if err != nil {
		return nil, nil, err
	}
	for key := uint64(0); len(own) < enough || len(other) < enough; key++ {
		if key == 200 {
			return nil, nil, fmt.Errorf("of 200 keys node 0 owns %d and node 1 %d: want %d of each", len(own), len(other), enough)
		}
		if err := put(ctx, m, key); err != nil {
			return nil, nil, err
		}
		now, err := sent()
		if err != nil {
			return nil, nil, err
		}
		if now == before {
			own = append(own, key)
		} else {
			other = append(other, key)
		}
		before = now
	}
	return own[:enough], other[:enough], nil
}
