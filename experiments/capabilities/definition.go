package capabilities

import (
	"context"
	"errors"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	figure := func(name, title, x string, at results.Where) results.Figure {
		return results.Figure{Name: name, Title: title, Kind: results.Lines, X: x, Y: "latency_ns", LogY: true, At: at}
	}
	return &experiment.Definition{
		Name:   "capabilities",
		Title:  "Retype and revoke, by the number of kernels and of copies",
		Claim:  "Agreeing about capabilities by messages costs two rounds to all kernels for a revoke and one for a retype, more with each kernel, and nothing for what never left its own; by a log it costs an entry, whoever has copies.",
		Source: "Baumann et al., SOSP'09, section 4.7 (two-phase commit for retype and revoke); \"Capability Management in Barrelfish\", TN-013; Bhardwaj et al., OSDI'21, section 3",
		Method: "All structures in one process, with 2 to 16 kernels. One client at kernel 0, which has a CPU to itself, calls one operation at a time; another CPU has all other kernels, polled in turn by one thread: what a kernel more costs is its messages and its turn. An object of kernel 0 has a copy at each of the first kernels (1: it never left). A retype makes a frame of its first page, which is deleted before the next; a revoke takes the copies, which are made again. Only the retype or the revoke itself is timed; messages and log entries are those of one such operation. The big lock has one copy of the state and a client that has it for itself.",
		Factors: []results.Column{
			{Name: "operation", Label: "operation"},
			{Name: "kernels", Label: "kernels"},
			{Name: "copies", Label: "copies"},
		},
		Metrics: []results.Column{
			{Name: "latency_ns", Label: "time an operation, ns", Lower: true},
			{Name: "messages", Label: "messages an operation", Lower: true},
			{Name: "log_entries", Label: "log entries an operation", Lower: true},
		},
		Figures: []results.Figure{
			figure("revoke", "Revoke with 2 copies, by the number of kernels", "kernels", results.Where{"operation": revoke, "copies": "2"}),
			figure("retype", "Retype with 2 copies, by the number of kernels", "kernels", results.Where{"operation": retype, "copies": "2"}),
			figure("copies", "Revoke among 4 kernels, by the number of copies", "copies", results.Where{"operation": revoke, "kernels": "4"}),
			{Name: "messages", Title: "Messages with 2 copies", Kind: results.Lines, X: "kernels", Y: "messages", At: results.Where{"operation": revoke, "copies": "2"}, Variants: []string{messages}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

// The operations that are timed.
const (
	retype = "retype"
	revoke = "revoke"
)

// point is a point of the sweep.
type point struct {
	operation string
	copies    int
}

// points returns the points of a number of kernels.
func points(lab *experiment.Lab, kernels int) (all []point) {
	for _, copies := range experiment.Few(lab, []int{2}, []int{1, 2, 4}, []int{1, 2, 3, 4, 8, 16}) {
		if copies > kernels {
			continue
		}
		for _, operation := range []string{retype, revoke} {
			all = append(all, point{operation, copies})
		}
	}
	return all
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	if len(lab.CPUs) < 2 {
		return nil, errors.New("capabilities: one CPU is usable: two are needed, one for the client's kernel and one for the others")
	}
	for _, kernels := range experiment.Few(lab, []int{2, 4}, []int{2, 4, 8}, []int{2, 3, 4, 6, 8, 12, 16}) {
		all = append(all, experiment.Block{Name: strconv.Itoa(kernels) + " kernels", Open: func(context.Context) ([]experiment.Point, func() error, error) {
			var machines []*machine
			for _, v := range variants {
				m, err := v.open(kernels)
				if err != nil {
					return nil, nil, err
				}
				m.name = v.name
				machines = append(machines, m)
			}
			var out []experiment.Point
			for _, p := range points(lab, kernels) {
				var cells experiment.Point
				for _, m := range machines {
					cells = append(cells, m.cell(p, kernels, lab.Pair()))
				}
				out = append(out, cells)
			}
			return out, func() error { return nil }, nil
		}})
	}
	return all, nil
}
