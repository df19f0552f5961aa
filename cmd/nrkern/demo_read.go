package main

import (
	"fmt"
	"slices"
	"strings"
)

// read says in sentences what the numbers show. It claims a lead only where
// the slowest sample of the leader is faster than the fastest of the next.
func (r *demoReport) read() []string {
	var sentences []string
	points := r.points
	for start := 0; start < len(points); {
		end := start
		for end < len(points) && points[end].Window == points[start].Window {
			end++
		}
		sentences = append(sentences, r.readWindow(points[start:end]))
		start = end
	}
	return append(sentences, r.readTraffic()...)
}

// readWindow says who leads at the points of one window.
func (r *demoReport) readWindow(points []point) string {
	leads := map[string][]string{} // leader to where and by how much
	var order, ties []string
	for _, p := range points {
		all := contenders(r.Cells, p)
		if len(all) < 2 {
			continue
		}
		first, next := all[0], all[1]
		at := fmt.Sprintf("%g %%", p.WriteRatio)
		if !clearly(first, next) {
			ties = append(ties, fmt.Sprintf("at %s %s and %s cannot be told apart", at, first.Structure, next.Structure))
			continue
		}
		if leads[first.family()] == nil {
			order = append(order, first.family())
		}
		leads[first.family()] = append(leads[first.family()], fmt.Sprintf("%s writes (%.1f times %s)", at, first.OpsPerS/next.OpsPerS, next.Structure))
	}
	var parts []string
	for _, leader := range order {
		parts = append(parts, fmt.Sprintf("%s leads at %s", leader, strings.Join(leads[leader], ", ")))
	}
	parts = append(parts, ties...)
	subject := fmt.Sprintf("With %s outstanding per thread, ", plural(points[0].Window, "operation"))
	return subject + strings.Join(parts, "; ") + "."
}

// clearly reports whether two cells differ by more than their samples do. A
// single sample shows no spread, so it shows no lead.
func clearly(first, next *cell) bool {
	return first.Samples > 1 && next.Samples > 1 && first.OpsPerSMin > next.OpsPerSMax
}

// readTraffic says what an operation costs in each structure, by one point:
// that of the usual load, if it is there.
func (r *demoReport) readTraffic() []string {
	p := r.points[len(r.points)-1]
	if usual := (point{WriteRatio: 10, Window: 16}); slices.Contains(r.points, usual) {
		p = usual
	}
	by := map[string]*cell{}
	for _, c := range contenders(r.Cells, p) {
		by[c.family()] = c
	}
	nr, mk, lock := by["nr"], by["multikernel"], by["biglock"]
	if nr == nil || mk == nil || lock == nil {
		return nil
	}
	return []string{
		fmt.Sprintf("What that costs, at %g %% writes: nr answers reads from the node's own replica and writes %s log entries an operation, which the other nodes replay (%s cache lines handed over);"+
			" multikernel asks the key's owner, for reads too (%s messages, %s lines); biglock takes the one lock and touches the one copy (%s lines).", p.WriteRatio,
			perOperation(nr.LogEntriesPerOp), perOperation(nr.HandOversPerOp), perOperation(mk.MessagesPerOp), perOperation(mk.HandOversPerOp), perOperation(lock.HandOversPerOp)),
		"Hand-overs are those that the structures observe: a lower bound.",
	}
}
