package shmvsmessages

import (
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// The variants.
const (
	stores   = "shared memory"
	atomics  = "shared memory, atomic"
	messages = "messages"
	pipeline = "messages, 16 under way"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "shm-vs-messages",
		Title:  "Updating shared lines, or asking a server by messages",
		Claim:  "The cost of an update of shared memory grows with the threads and with the lines; that of a message to a server grows with the threads alone.",
		Source: "Baumann et al., The Multikernel, SOSP'09, figure 3 (4x4 AMD: 12,000 cycles more an update at 16 cores with 8 lines)",
		Method: "Shared memory: every thread adds one to each of a few cache lines, by load and store as in the paper, which loses updates, and by compare-and-swap, which does not. Messages: one thread is the server and alone touches the lines; each of the others sends it a message for an update and waits for the answer, with one under way as in the paper, and with 16. The server's CPU is one of those counted, so that equal CPUs are compared; the time of an update is what the thread that wants it waits, with 16 under way for all of them.",
		Factors: []results.Column{
			{Name: "lines", Label: "cache lines an update writes"},
			{Name: "cpus", Label: "CPUs, the server's included"},
		},
		Metrics: []results.Column{
			{Name: "updates_per_s", Label: "updates a second"},
			{Name: "update_ns", Label: "time of an update for the thread that wants it, ns", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "lines", Title: "Time of an update over the lines that it writes", Kind: results.Lines, X: "lines", Y: "update_ns", LogX: true, LogY: true},
			{Name: "rate", Title: "Updates over the CPUs", Kind: results.Lines, X: "cpus", Y: "updates_per_s", At: results.Where{"lines": "8"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	if len(lab.CPUs) < 2 {
		return nil, experiment.NeedCPUs(2, len(lab.CPUs))
	}
	var points []experiment.Point
	for _, threads := range lab.Threads() {
		if threads == 1 {
			continue
		}
		for _, lines := range experiment.Few(lab, []int{1, 8}, []int{1, 2, 4, 8}, nil) {
			cells, err := pointOf(lines, lab.CPUs[:threads])
			if err != nil {
				return nil, err
			}
			points = append(points, cells)
		}
	}
	return []experiment.Block{experiment.Static("all", points)}, nil
}

func pointOf(lines int, cpus []int) (experiment.Point, error) {
	factors := []string{strconv.Itoa(lines), strconv.Itoa(len(cpus))}
	cell := func(variant string, j measure.Job, wanting int) experiment.Cell {
		return experiment.CrewCell(variant, factors, cpus, j, func(r measure.Reading) map[string]float64 {
			return map[string]float64{
				"updates_per_s": float64(r.Operations) / r.Elapsed.Seconds(),
				"update_ns":     float64(r.Elapsed.Nanoseconds()) * float64(wanting) / float64(r.Operations),
			}
		})
	}
	cells := experiment.Point{
		cell(stores, newShared(lines, false).job(), len(cpus)),
		cell(atomics, newShared(lines, true).job(), len(cpus)),
	}
	for i, variant := range []string{messages, pipeline} {
		window := []int{1, 16}[i]
		s, err := newService(lines, len(cpus), window)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell(variant, s.job(), (len(cpus)-1)*window))
	}
	return cells, nil
}
