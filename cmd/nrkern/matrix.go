package main

import (
	"fmt"
	"io"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/transport"
)

// between makes the traffic matrix of the time between two statuses.
func between(before, after *node.Status, seconds float64) *tracing.HandOvers {
	m := &tracing.HandOvers{LowerBound: true, Nodes: len(after.Topology.Nodes), Cells: []tracing.HandOver{}}
	for _, k := range answeredBoth(before, after) {
		for _, h := range transport.SubHandOvers(k.after.HandOvers, k.before.HandOvers) {
			m.Cells = append(m.Cells, tracing.HandOver{From: h.From, To: h.To, Cause: string(h.Cause), Lines: h.Lines})
			m.Lines += h.Lines
		}
	}
	if n := completed(before, after); n != nil && *n > 0 {
		v := float64(m.Lines) / float64(*n)
		m.PerOp = &v
	}
	m.BytesPerS = float64(m.Lines) * transport.SlotSize / seconds
	return m
}

// matrixGrid shows lines by the node that had them and the node that took them,
// and by cause.
func matrixGrid(nodes int, cells []tracing.HandOver) *grid {
	if len(cells) == 0 || nodes < 2 {
		return nil
	}
	header := []string{"LINES >= FROM"}
	for to := range nodes {
		header = append(header, fmt.Sprintf("TO %d", to))
	}
	causes := transport.Causes()
	for _, c := range causes {
		header = append(header, string(c))
	}
	g := newGrid("lr", header...)
	for from := transport.Somewhere; from < nodes; from++ {
		to, by, any := make([]uint64, nodes), map[string]uint64{}, false
		for _, c := range cells {
			if c.From == from && c.To >= 0 && c.To < nodes {
				to[c.To] += c.Lines
				by[c.Cause] += c.Lines
				any = true
			}
		}
		if !any {
			continue
		}
		row := []string{"node " + nodeText(from)}
		if from == transport.Somewhere {
			row[0] = "not known"
		}
		for _, n := range to {
			row = append(row, grouped(n))
		}
		for _, c := range causes {
			row = append(row, grouped(by[string(c)]))
		}
		g.add(row...)
	}
	return g
}

func writeMatrix(w io.Writer, m *tracing.HandOvers) error {
	g := matrixGrid(m.Nodes, m.Cells)
	if g == nil {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := g.write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s lines handed over (observed: a lower bound), %s an operation, %s/s\n",
		grouped(m.Lines), perOperation(m.PerOp), bytesOf(uint64(m.BytesPerS)))
	return err
}
