// Package kill is the experiment of a kernel that is killed: what the others get done
// meanwhile, and how long until another has taken its place.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := kill.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package kill

import (
	"context"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/node"
)

// When a sample kills the kernel of node 1, and ends.
const (
	killAt = 100 * time.Millisecond
	endAt  = 600 * time.Millisecond
)

// The phases that readings are of.
const (
	phaseTime = "time" // a bucket of the series
	phaseDip  = "dip"  // the longest time without an answer
)

const (
	one  = machines.OneLog
	four = machines.FourLogs
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "kill",
		Title:  "A kernel is killed, and another takes its place",
		Claim:  "The death of a kernel costs the others a few milliseconds, and its own callers the time that another takes to rebuild the state; no call is lost, whatever it was at.",
		Source: "the node-replication library: a replica that dies between reserving and filling its entries wedges all others; the design of nrkern: the others go on within 50 ms of its confirmed death (docs/design.md, Deaths)",
		Method: "A machine of two kernels with some number of keys. A client at each node makes system calls, a put at a time through the control plane (some 100 us each, so that the rate is the client's), and counts those that are answered in each 20 ms. At 100 ms the kernel of node 1 is killed (SIGKILL). Its client's call waits for the kernel that takes its place, and is made again there; it is executed once. The dip is the longest time without an answer from the kill on.",
		Factors: []results.Column{
			{Name: "keys", Label: "keys"},
			{Name: "called_node", Label: "node that is called: 1 is killed"},
			{Name: "time_ms", Label: "time, ms"},
			{Name: "phase", Label: "phase"},
		},
		Metrics: []results.Column{
			{Name: "calls_per_s", Label: "calls a second"},
			{Name: "dip_ms", Label: "longest time without an answer, ms", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "lives", Title: "Calls at node 0, while the kernel of node 1 is killed at 100 ms (50,000 keys)", Kind: results.Lines, X: "time_ms", Y: "calls_per_s", At: results.Where{"phase": phaseTime, "called_node": "0", "keys": "50000"}},
			{Name: "killed", Title: "Calls at node 1, whose kernel is killed at 100 ms (50,000 keys)", Kind: results.Lines, X: "time_ms", Y: "calls_per_s", At: results.Where{"phase": phaseTime, "called_node": "1", "keys": "50000"}},
			{Name: "dip", Title: "The dip at the node whose kernel is killed", Kind: results.Lines, X: "keys", Y: "dip_ms", LogX: true, At: results.Where{"phase": phaseDip, "called_node": "1"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func shapes() []shape.Shape {
	const design = "the design of nrkern: the others go on within 50 ms of a confirmed death (docs/design.md)"
	dip := func(n, keys string) results.Where {
		return results.Where{"phase": phaseDip, "called_node": n, "time_ms": "", "keys": keys}
	}
	return []shape.Shape{
		{
			Text:   "One log: the node that lives answers again within 50 ms of the kill",
			Source: design, Metric: "dip_ms",
			Judge: shape.AtMost{Variant: one, At: dip("0", "50000"), Value: 50, Unit: " ms"},
		},
		{
			Text:   "Four logs: the node that lives answers again within 50 ms of the kill",
			Source: design, Metric: "dip_ms",
			Judge: shape.AtMost{Variant: four, At: dip("0", "50000"), Value: 50, Unit: " ms"},
		},
		{
			Text:   "The killed node answers again within a second, with 50,000 keys",
			Source: "it is a process start (some 50 ms for a Go program) and a copy of 1 MB", Metric: "dip_ms",
			Judge: shape.AtMost{Variant: one, At: dip("1", "50000"), Value: 1000, Unit: " ms"},
		},
		{
			Text:   "Twenty times the keys make the dip of the killed node longer",
			Source: "it waits for a snapshot of all of them, written and read", Metric: "dip_ms",
			Judge: shape.Trend{Variant: one, Along: "keys", From: "50000", To: "1000000", Go: shape.Rises, At: results.Where{"phase": phaseDip, "called_node": "1", "time_ms": ""}},
		},
		{
			Text:   "How many keys there are says nothing of the dip at the node that lives: 50 ms at most with a million, too, but for the time in which it writes the snapshot: 300 ms",
			Source: "docs/design.md: while a snapshot is written, the operations of the node that gives it wait", Metric: "dip_ms",
			Judge: shape.AtMost{Variant: one, At: dip("0", "1000000"), Value: 300, Unit: " ms"},
		},
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	return machines.ByKeys(lab, sample), nil
}

// sample kills the kernel of node 1 once, and returns when another is in its place.
func sample(ctx context.Context, m *machines.Machine) ([]experiment.Reading, error) {
	all, err := machines.Meanwhile(ctx, m, []int{0, 1}, endAt, func(ctx context.Context, began time.Time) error {
		s, err := m.Status(ctx, node.StatusRequest{})
		if err != nil {
			return err
		}
		if err := machines.At(ctx, began, killAt); err != nil {
			return err
		}
		if err := syscall.Kill(s.Kernels[1].PID, syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill the kernel of node 1: %w", err)
		}
		return wellAgain(ctx, m, s.Kernels[1].PID)
	})
	if err != nil {
		return nil, err
	}
	var readings []experiment.Reading
	for _, c := range all {
		readings = append(readings, machines.Series(&c, endAt, map[string]string{"phase": phaseTime})...)
		readings = append(readings, experiment.Reading{
			Factors: map[string]string{"phase": phaseDip, "time_ms": "", "called_node": strconv.Itoa(c.Node)},
			Values:  map[string]float64{"dip_ms": c.Gap(killAt).Seconds() * 1000},
		})
	}
	return readings, nil
}

// wellAgain waits until another kernel has taken the place of one that was killed.
func wellAgain(ctx context.Context, m *machines.Machine, killed int) error {
	for {
		if err := machines.Well(ctx, m); err != nil {
			return err
		}
		s, err := m.Status(ctx, node.StatusRequest{})
		if err != nil || s.Kernels[1].PID != killed {
			return err
		}
	}
}
