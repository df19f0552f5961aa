package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

func topRecords(r topReport) [][]string {
	records := [][]string{{"node", "pid", "state", "operations", "ops_per_s", "latency_p50_ns", "latency_p99_ns", "lag_slots", "handover_lines"}}
	number := func(v *uint64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatUint(*v, 10)
	}
	for _, k := range r.Kernels {
		perS := ""
		if k.OperationsPS != nil {
			perS = strconv.FormatFloat(*k.OperationsPS, 'f', 1, 64)
		}
		records = append(records, []string{
			strconv.Itoa(k.Node), strconv.Itoa(k.PID), string(k.State), number(k.Operations),
			perS, number(k.P50), number(k.P99), number(k.Lag), number(k.Lines),
		})
	}
	return records
}

// sortKernels puts the largest of a column first, nodes from the smallest.
func sortKernels(kernels []topKernel, by order) {
	value := func(v *uint64) uint64 {
		if v == nil {
			return 0
		}
		return *v
	}
	slices.SortStableFunc(kernels, func(a, b topKernel) int {
		c := 0
		switch by.column {
		case "node":
			c = cmp.Compare(a.Node, b.Node)
		case "ops":
			c = cmp.Compare(value(b.Operations), value(a.Operations))
		case "p50":
			c = cmp.Compare(value(b.P50), value(a.P50))
		case "p99":
			c = cmp.Compare(value(b.P99), value(a.P99))
		case "lag":
			c = cmp.Compare(value(b.Lag), value(a.Lag))
		case "lines":
			c = cmp.Compare(value(b.Lines), value(a.Lines))
		}
		if by.reversed {
			c = -c
		}
		return c
	})
}

func (t *top) draw(w io.Writer, by order) error {
	r := t.seen
	job := ""
	if r.Job != "" {
		job = ", " + r.Job
	}
	fmt.Fprintf(w, "%s, %s%s: %s in %v\n\n", r.Mode, r.State, job, operationsText(r.Operations), r.Duration.Round(time.Millisecond))
	if err := topGrid(r, by).write(w); err != nil {
		return err
	}
	if g := positionsGrid(t.before); g != nil {
		fmt.Fprintln(w)
		if err := g.write(w); err != nil {
			return err
		}
	}
	return writeMatrix(w, r.Matrix)
}

func topGrid(r topReport, by order) *grid {
	g := newGrid("lrlr", "KERNEL", "PID", "STATE", "OPS/S", "P50 <=", "P99 <=", "THREADS", "LAG", "OF ROOM", "LINES TAKEN/S")
	kernels := slices.Clone(r.Kernels)
	sortKernels(kernels, by)
	latency := func(v *uint64) string {
		if v == nil {
			return "-"
		}
		return nanoseconds(int64(*v))
	}
	threads := 0
	for _, k := range kernels {
		row := []string{"node " + nodeText(k.Node), strconv.Itoa(k.PID), string(k.State), optionalRate(k.OperationsPS), latency(k.P50), latency(k.P99), strconv.Itoa(k.Threads), "-", "-", optionalRate(perSecond(k.Lines, r.Duration))}
		if k.Lag != nil {
			row[7], row[8] = grouped(*k.Lag), fmt.Sprintf("%.0f %%", 100**k.LagShare)
			if *k.LagShare > 0.5 {
				row[8] += " LAGS"
			}
		}
		threads += k.Threads
		g.add(row...)
	}
	g.add("total", "", "", optionalRate(r.OperationsPS), "", "", strconv.Itoa(threads), "", "", rate(float64(r.Matrix.Lines)/r.Duration.Seconds()))
	return g
}

func optionalRate(v *float64) string {
	if v == nil {
		return "-"
	}
	return rate(*v)
}

// operationsText words a sum that is nil if a kernel was silent.
func operationsText(n *uint64) string {
	if n == nil {
		return "operations not known (a kernel was silent)"
	}
	return grouped(*n) + " operations"
}
