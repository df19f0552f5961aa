// Package membership is the experiment of nodes that leave a machine and come back
// while it works: what that costs those that stay.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := membership.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package membership

import (
	"context"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/node"
)

// When a sample takes node 1 out, and puts it back at the earliest, and ends.
const (
	leaveAt = 100 * time.Millisecond
	joinAt  = 300 * time.Millisecond
	endAt   = 700 * time.Millisecond
)

// The phases that readings are of.
const (
	phaseTime = "time" // a bucket of the series
	phaseAll  = "all"  // of leaving and joining
)

const (
	one  = machines.OneLog
	four = machines.FourLogs
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "membership",
		Title:  "A node leaves, and comes back, while the others work",
		Claim:  "Replicas come and go while work runs: a node that leaves costs the others next to nothing, one that joins the time in which another writes it the state.",
		Source: "the node-replication library has no late join and no removal: its users' most asked (issues 52 and 56); the design of nrkern (docs/design.md)",
		Method: "A machine of two kernels with some number of keys. A client at each node makes system calls, a put at a time through the control plane, and counts those that are answered in each 20 ms. At 100 ms node 1 is taken out (nrkern node remove), at 300 ms it is put back (nrkern node add). Its client has no node to call meanwhile, and tries every millisecond. The dip of node 0 is the longest time without an answer there from 100 ms on.",
		Factors: []results.Column{
			{Name: "keys", Label: "keys"},
			{Name: "called_node", Label: "node that is called: 1 leaves and comes back"},
			{Name: "time_ms", Label: "time, ms"},
			{Name: "phase", Label: "phase"},
		},
		Metrics: []results.Column{
			{Name: "calls_per_s", Label: "calls a second"},
			{Name: "dip_ms", Label: "longest time without an answer, ms", Lower: true},
			{Name: "leave_ms", Label: "to leave, ms", Lower: true},
			{Name: "join_ms", Label: "to join, ms", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "stays", Title: "Calls at node 0, while node 1 leaves at 100 ms and comes back at 300 (50,000 keys)", Kind: results.Lines, X: "time_ms", Y: "calls_per_s", At: results.Where{"phase": phaseTime, "called_node": "0", "keys": "50000"}},
			{Name: "leaves", Title: "Calls at node 1, which leaves at 100 ms and comes back at 300 (50,000 keys)", Kind: results.Lines, X: "time_ms", Y: "calls_per_s", At: results.Where{"phase": phaseTime, "called_node": "1", "keys": "50000"}},
			{Name: "join", Title: "How long it takes to join", Kind: results.Lines, X: "keys", Y: "join_ms", LogX: true, At: results.Where{"phase": phaseAll, "called_node": ""}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	at := func(n, keys string) results.Where {
		return results.Where{"phase": phaseAll, "called_node": n, "time_ms": "", "keys": keys}
	}
	return []shape.Shape{
		{
			Text:   "While node 1 leaves and comes back, node 0 is never without an answer for more than 100 ms",
			Source: "the design of nrkern: the others go on; the operations of the node that gives the state wait while it is written", Metric: "dip_ms",
			Judge: shape.AtMost{Variant: one, At: at("0", "50000"), Value: 100, Unit: " ms"},
		},
		{
			Text:   "So with four logs",
			Source: "the same", Metric: "dip_ms",
			Judge: shape.AtMost{Variant: four, At: at("0", "50000"), Value: 100, Unit: " ms"},
		},
		{
			Text:   "To leave takes at most 100 ms",
			Source: "it lets go of the log, and ends", Metric: "leave_ms",
			Judge: shape.AtMost{Variant: one, At: at("", "50000"), Value: 100, Unit: " ms"},
		},
		{
			Text:   "To join takes at most a second with 50,000 keys",
			Source: "it is a process start (some 50 ms for a Go program) and a copy of 1 MB", Metric: "join_ms",
			Judge: shape.AtMost{Variant: one, At: at("", "50000"), Value: 1000, Unit: " ms"},
		},
		{
			Text:   "To join takes longer with twenty times the keys",
			Source: "it begins with a snapshot of all of them", Metric: "join_ms",
			Judge: shape.Trend{Variant: one, Along: "keys", From: "50000", To: "1000000", Go: shape.Rises, At: results.Where{"phase": phaseAll, "called_node": "", "time_ms": ""}},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	return machines.ByKeys(lab, sample), nil
}

// sample takes node 1 out and puts it back.
func sample(ctx context.Context, m *machines.Machine) ([]experiment.Reading, error) {
	var left, joined *node.Membership
	all, err := machines.Meanwhile(ctx, m, []int{0, 1}, endAt, func(ctx context.Context, began time.Time) (err error) {
		if err := machines.At(ctx, began, leaveAt); err != nil {
			return err
		}
		if left, err = m.Member(ctx, node.MemberRequest{Node: 1, Action: node.MemberRemove}); err != nil {
			return err
		}
		// Put back in any case: the next sample needs it.
		waited := machines.At(ctx, began, joinAt)
		joined, err = m.Member(context.WithoutCancel(ctx), node.MemberRequest{Node: 1, Action: node.MemberAdd})
		if err == nil {
			err = waited
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	readings := []experiment.Reading{{
		Factors: map[string]string{"phase": phaseAll, "time_ms": "", "called_node": ""},
		Values:  map[string]float64{"leave_ms": ms(left.Elapsed), "join_ms": ms(joined.Elapsed)},
	}}
	for _, c := range all {
		readings = append(readings, machines.Series(&c, endAt, map[string]string{"phase": phaseTime})...)
	}
	return append(readings, experiment.Reading{
		Factors: map[string]string{"phase": phaseAll, "time_ms": "", "called_node": "0"},
		Values:  map[string]float64{"dip_ms": ms(all[0].Gap(leaveAt))},
	}), nil
}
