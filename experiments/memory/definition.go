// Package memory is the experiment of what replicas, log and channels cost in
// memory, checked against what Linux says.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := memory.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package memory

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	bytes := func(name, label string) results.Column {
		return results.Column{Name: name, Label: label + ", bytes", Lower: true}
	}
	return &experiment.Definition{
		Name:   "memory",
		Title:  "What replicas, log and channels cost in memory",
		Claim:  "NR pays for a copy of the state on every node and for one log; a multikernel for one copy in all and for a ring between every two nodes; a big lock for one copy.",
		Source: "Calciu et al., ASPLOS'17, section 6.4; Bhardwaj et al., OSDI'21, section 4.1; Baumann et al., SOSP'09, section 4.6 (a channel for every pair)",
		Method: "Machines of kernels are booted and filled with 64-bit words. The sizes of the segment's parts are what the machine lays out, and no shape compares them with each other; what is mapped, and what each kernel process has for itself, is what /proc/PID/smaps says. What the processes have before they are filled is taken off, so that the Go runtime does not count as state.",
		Factors: []results.Column{
			{Name: "nodes", Label: "nodes"},
			{Name: "keys", Label: "keys"},
			{Name: "log_slots", Label: "slots of the log"},
			{Name: "ring_slots", Label: "slots of a ring"},
		},
		Metrics: []results.Column{
			bytes("log_bytes", "slots of the log"),
			bytes("ring_bytes", "rings of channels"),
			bytes("segment_bytes", "the segment, as laid out"),
			bytes("mapped_bytes", "the segment, as Linux has it mapped in a kernel"),
			bytes("resident_bytes", "of that, with pages"),
			{Name: "mapped_share", Label: "mapped bytes by those laid out"},
			{Name: "resident_share", Label: "bytes with pages by those laid out"},
			bytes("private_bytes", "all that kernels have for themselves"),
			bytes("state_bytes", "of that, come with the keys"),
		},
		Figures: []results.Figure{
			{Name: "state", Title: "Memory that the keys take, in all kernels", Kind: results.Lines, X: "nodes", Y: "state_bytes", At: results.Where{"log_slots": slots(usualLog), "ring_slots": slots(usualRing)}},
			{Name: "segment", Title: "The segment", Kind: results.Lines, X: "nodes", Y: "segment_bytes", LogY: true, At: results.Where{"log_slots": slots(usualLog), "ring_slots": slots(usualRing)}},
			{Name: "rings", Title: "The rings of the multikernel", Kind: results.Lines, X: "nodes", Y: "ring_bytes", LogY: true, Variants: []string{"multikernel"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

const (
	usualLog  = node.DefaultLogSlots
	usualRing = node.DefaultRingSlots
)

func slots(n int) string { return strconv.Itoa(n) }

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	keys := uint64(200_000)
	var all []experiment.Block
	for _, nodes := range experiment.Few(lab, []int{2}, []int{1, 2, 4}, []int{1, 2, 4, 8}) {
		configs := []node.Config{}
		for _, mode := range node.Modes() {
			c := node.DefaultConfig()
			c.Mode = mode
			configs = append(configs, c)
		}
		if nodes == 2 {
			nr, mk := configs[0], configs[1]
			nr.LogSlots, mk.RingSlots = 8*usualLog, 4*usualRing
			configs = append(configs, nr, mk)
		}
		var cells experiment.Point
		for _, c := range configs {
			cells = append(cells, cell(lab, c, nodes, keys))
		}
		all = append(all, experiment.Static(strconv.Itoa(nodes)+" nodes", []experiment.Point{cells}))
	}
	return all, nil
}

// cell boots a machine, looks, fills it, and looks again.
func cell(lab *experiment.Lab, c node.Config, nodes int, keys uint64) experiment.Cell {
	c.Topology = strconv.Itoa(nodes) + "x1"
	return experiment.Cell{
		Variant: string(c.Mode), Once: true,
		Factors: []string{strconv.Itoa(nodes), strconv.FormatUint(keys, 10), slots(c.LogSlots), slots(c.RingSlots)},
		Take: func(ctx context.Context, _ measure.Span) (_ []experiment.Reading, err error) {
			set, err := machines.Boot(ctx, lab, c.Topology, []machines.Variant{{Name: string(c.Mode), Config: c}})
			if err != nil {
				return nil, err
			}
			defer func() {
				if failure := set.Close(); err == nil {
					err = failure
				}
			}()
			v, err := look(ctx, lab, set[0], keys)
			return experiment.One(v), err
		},
	}
}

func look(ctx context.Context, lab *experiment.Lab, m *machines.Machine, keys uint64) (map[string]float64, error) {
	before, err := privateOf(ctx, m)
	if err != nil {
		return nil, err
	}
	spec := machines.Spec(lab, 100, 16, 1)
	spec.Keys = keys
	if _, err := m.Sample(ctx, spec, measure.Span{Duration: 50 * time.Millisecond}); err != nil {
		return nil, err
	}
	// All replicas apply the log to its tail.
	s, err := m.Status(ctx, node.StatusRequest{Digest: true})
	if err != nil {
		return nil, err
	}
	after, err := privateOf(ctx, m)
	if err != nil {
		return nil, err
	}
	mapped, err := machines.ProcessMemory(s.Kernels[0].PID)
	if err != nil {
		return nil, err
	}
	v := map[string]float64{
		"segment_bytes": float64(s.Segment.Size), "mapped_bytes": float64(mapped.Segment), "resident_bytes": float64(mapped.Resident),
		"mapped_share": float64(mapped.Segment) / float64(s.Segment.Size), "resident_share": float64(mapped.Resident) / float64(s.Segment.Size),
		"private_bytes": after, "state_bytes": after - before,
	}
	for _, p := range s.Segment.Parts {
		switch {
		case strings.HasPrefix(p.Name, "log") && strings.HasSuffix(p.Name, ".slots"):
			v["log_bytes"] += float64(p.Size)
		case strings.HasPrefix(p.Name, "mesh.from."):
			v["ring_bytes"] += float64(p.Size)
		}
	}
	return v, nil
}

// privateOf adds up what the kernels have for themselves.
func privateOf(ctx context.Context, m *machines.Machine) (bytes float64, err error) {
	s, err := m.Status(ctx, node.StatusRequest{})
	if err != nil {
		return 0, err
	}
	for _, k := range s.Kernels {
		one, err := machines.ProcessMemory(k.PID)
		if err != nil {
			return 0, fmt.Errorf("kernel of node %d: %w", k.Node, err)
		}
		bytes += float64(one.Private)
	}
	return bytes, nil
}
