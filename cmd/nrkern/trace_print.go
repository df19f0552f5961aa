package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/tracing"
)

func writeTrace(w io.Writer, r *tracing.Report, by order) error {
	fmt.Fprintf(w, "%v; %s\n", r.Duration.Round(time.Millisecond), operationsText(r.Operations))
	if len(r.Calls) > 0 { // the report has the hottest first
		c := r.Calls[0]
		fmt.Fprintf(w, "hottest: %s at node %s, %.0f %% of the time in calls\n", operationText(c.Service, c.Code), nodeText(c.Node), 100*c.Share)
	}
	for _, f := range r.Features {
		if !f.Available {
			fmt.Fprintf(w, "%s: n/a (%s)", f.Name, f.Reason)
			if f.Remedy != "" {
				fmt.Fprintf(w, ": %s", f.Remedy)
			}
			fmt.Fprintln(w)
		}
	}
	if len(r.Links) == 0 {
		fmt.Fprintln(w, "socket links: n/a (no unit outside the cores that counts them)")
	}
	for _, g := range []*grid{callsGrid(r, by), sitesGrid(r), countersGrid(r), linksGrid(r), kernelGrid(r), withinCallsGrid(r, by), stacksGrid(r)} {
		if g == nil {
			continue
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := g.write(w); err != nil {
			return err
		}
	}
	if r.Matrix != nil {
		if err := writeMatrix(w, r.Matrix); err != nil {
			return err
		}
	}
	for _, v := range r.Values.Events {
		if v.Reason != "" {
			fmt.Fprintf(w, "%s per call: n/a (%s)\n", v.Event, v.Reason)
		}
	}
	if v := r.Values; v.Moved+v.Uncounted+v.Multiplexed > 0 {
		fmt.Fprintf(w, "values per call leave out %s that changed CPU and %s on threads without counters yet; of %s, %s were not counted all the time\n",
			grouped(v.Moved), grouped(v.Uncounted), grouped(v.Calls), grouped(v.Multiplexed))
	}
	return writeTraceCost(w, r)
}

// writeTraceCost says what was lost, and what looking took.
func writeTraceCost(w io.Writer, r *tracing.Report) error {
	c := r.Cost
	fmt.Fprintf(w, "\nlost: %s\n", grouped(r.Lost.Total))
	if c.EmptyPair != nil {
		share := "not known"
		if c.Share != nil {
			share = fmt.Sprintf("%.1f %%", 100**c.Share)
		}
		fmt.Fprintf(w, "probes: one in %d, where it is sampled; an empty pair takes %v; of the machine's CPU time: %s\n", c.Every, *c.EmptyPair, share)
	}
	if c.Runs == nil {
		_, err := fmt.Fprintf(w, "programs: n/a (%s)\n", c.Reason)
		return err
	}
	_, err := fmt.Fprintf(w, "programs: %v in %s runs; of these %v in %s runs at Linux's tracepoints, for all processes\n",
		*c.Runtime, grouped(*c.Runs), *c.LinuxRuntime, grouped(*c.LinuxRuns))
	return err
}

func nodeText(n int) string {
	if n < 0 {
		return "all"
	}
	return strconv.Itoa(n)
}

// operationText names an operation of a service.
func operationText(service, code int) string {
	for _, d := range node.Services() {
		if int(d.ID) == service && d.Called != nil && d.Called(kernel.Code(code)) != "" {
			return d.Name + " " + d.Called(kernel.Code(code))
		}
	}
	return fmt.Sprintf("service %d, code %#x", service, code)
}

// callColumns are those by which calls can be sorted: the share of the time
// first.
var callColumns = []string{"time", "calls", "mean", "max", "call", "node"}

// sortCalls puts the largest of a column first; names and nodes from the
// smallest.
func sortCalls(calls []tracing.Call, by order) {
	slices.SortStableFunc(calls, func(a, b tracing.Call) int {
		c := 0
		switch by.column {
		case "time":
			c = cmp.Compare(b.Share, a.Share)
		case "calls":
			c = cmp.Compare(b.Calls, a.Calls)
		case "mean":
			c = cmp.Compare(b.Mean, a.Mean)
		case "max":
			c = cmp.Compare(b.Max, a.Max)
		case "call":
			c = cmp.Compare(operationText(a.Service, a.Code), operationText(b.Service, b.Code))
		case "node":
			c = cmp.Compare(a.Node, b.Node)
		}
		if by.reversed {
			c = -c
		}
		return c
	})
}

func callsGrid(r *tracing.Report, by order) *grid {
	if len(r.Calls) == 0 {
		return nil
	}
	header := []string{"CALL", "NODE", "CALLS", "PER S", "MEAN", "MAX", "TIME"}
	for _, v := range r.Values.Events {
		header = append(header, v.Event+" /CALL")
	}
	g := newGrid("lr", header...)
	calls := slices.Clone(r.Calls)
	sortCalls(calls, by)
	all, perS := uint64(0), 0.0
	for _, c := range calls {
		all += c.Calls
		perS += c.PerS
		row := []string{
			operationText(c.Service, c.Code), nodeText(c.Node), grouped(c.Calls), rate(c.PerS),
			nanoseconds(int64(c.Mean)), nanoseconds(int64(c.Max)), fmt.Sprintf("%.0f %%", 100*c.Share),
		}
		for _, v := range r.Values.Events {
			text := "n/a"
			if n, ok := c.Values[v.Event]; ok && v.Reason == "" {
				text = fmt.Sprintf("%.3f", n)
			}
			row = append(row, text)
		}
		g.add(row...)
	}
	total := []string{"all", "", grouped(all), rate(perS), "", "", ""}
	for _, v := range r.Values.Events {
		total = append(total, optionalNumber(v.PerCall))
	}
	g.add(total...)
	if len(r.Values.Events) > 0 {
		row := []string{"an empty pair of probes", "", "", "", "", "", ""}
		for _, v := range r.Values.Events {
			row = append(row, optionalNumber(v.Empty))
		}
		g.add(row...)
	}
	return g
}

func optionalNumber(v *float64) string {
	if v == nil {
		return "n/a"
	}
	return fmt.Sprintf("%.3f", *v)
}

// withinCallsGrid is what Linux did to the threads of calls, of the events of which
// anything came.
func withinCallsGrid(r *tracing.Report, by order) *grid {
	calls := slices.Clone(r.Calls)
	sortCalls(calls, by)
	g := newGrid("llrrr", "LINUX, WITHIN CALLS", "CALL", "NODE", "TOTAL", "PER CALL")
	empty := true
	for _, e := range r.Kernel {
		for _, c := range calls {
			if n := c.Linux[e.Event]; n > 0 {
				empty = false
				g.add(e.Event, operationText(c.Service, c.Code), nodeText(c.Node), grouped(n), fmt.Sprintf("%.3f", float64(n)/float64(max(c.Calls, 1))))
			}
		}
	}
	if empty {
		return nil
	}
	return g
}

func sitesGrid(r *tracing.Report) *grid {
	if len(r.Sites) == 0 {
		return nil
	}
	g := newGrid("lr", "SITE", "NODE", "ONE IN", "HITS", "PER S", "SIZE", "PAIRS", "MEAN", "P50 <=", "P99 <=", "MAX", "UNPAIRED")
	for _, p := range r.Sites {
		if p.Hits == 0 {
			continue
		}
		row := []string{p.Name, nodeText(p.Node), grouped(p.OneIn), grouped(p.Hits), rate(p.PerS), "", "", "", "", "", "", ""}
		if p.Size != nil {
			row[5] = fmt.Sprintf("%.2f %s", float64(*p.Size)/float64(p.Hits), p.Unit)
		}
		if p.Pairs != nil {
			row[6], row[11] = grouped(*p.Pairs), grouped(*p.Unpaired)
		}
		for i, d := range []*time.Duration{p.Mean, p.P50, p.P99, p.Max} {
			if d != nil {
				row[7+i] = nanoseconds(int64(*d))
			}
		}
		g.add(row...)
	}
	return g
}

func countersGrid(r *tracing.Report) *grid {
	if len(r.Counters) == 0 {
		return nil
	}
	g := newGrid("lrrrl", "COUNTER", "TOTAL", "PER OP", "COVERAGE", "")
	for _, c := range r.Counters {
		name := c.Event
		if c.Untested {
			name += " (untested)"
		}
		if c.Total == nil {
			g.add(name, "n/a", "", "", "("+c.Reason+")")
			continue
		}
		g.add(name, grouped(uint64(*c.Total)), optionalNumber(c.PerOp), fmt.Sprintf("%.0f %%", 100**c.Coverage), c.Encoding)
	}
	return g
}

// linksGrid shows what went over the links between sockets.
func linksGrid(r *tracing.Report) *grid {
	if len(r.Links) == 0 {
		return nil
	}
	g := newGrid("lrrrrl", "SOCKET LINK", "AT CPU", "COUNT", "BYTES/S", "COVERAGE", "")
	for _, l := range r.Links {
		name := l.Event
		if l.Untested {
			name += " (untested)"
		}
		if l.Count == nil {
			g.add(name, strconv.Itoa(l.Socket), "n/a", "", "", "("+l.Reason+")")
			continue
		}
		g.add(name, strconv.Itoa(l.Socket), grouped(uint64(*l.Count)), bytesOf(uint64(*l.BytesPerS)), fmt.Sprintf("%.0f %%", 100**l.Coverage), "")
	}
	return g
}

// traceRecords has a record for each site, counter, socket link and event of Linux.
func traceRecords(r *tracing.Report) [][]string {
	records := [][]string{{"kind", "name", "node", "count", "per_s", "mean_ns", "p50_ns", "p99_ns", "max_ns", "per_op", "coverage", "reason", "bytes_per_s"}}
	duration := func(d *time.Duration) string {
		if d == nil {
			return ""
		}
		return strconv.FormatInt(int64(*d), 10)
	}
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	for _, p := range r.Sites {
		records = append(records, []string{
			"site", p.Name, strconv.Itoa(p.Node), strconv.FormatUint(p.Hits, 10), number(&p.PerS),
			duration(p.Mean), duration(p.P50), duration(p.P99), duration(p.Max), "", "", "", "",
		})
	}
	for _, c := range r.Counters {
		records = append(records, []string{"counter", c.Event, "", number(c.Total), "", "", "", "", "", number(c.PerOp), number(c.Coverage), c.Reason, ""})
	}
	for _, l := range r.Links {
		name := fmt.Sprintf("%s at CPU %d", l.Event, l.Socket)
		records = append(records, []string{"link", name, "", number(l.Count), "", "", "", "", "", "", number(l.Coverage), l.Reason, number(l.BytesPerS)})
	}
	for _, a := range r.Kernel {
		count := ""
		if a.Total != nil {
			count = strconv.FormatUint(*a.Total, 10)
		}
		records = append(records, []string{"kernel", a.Event, "", count, "", "", "", "", "", number(a.PerOp), "", a.Reason, ""})
	}
	return append(records, []string{"lost", "", "", strconv.FormatUint(r.Lost.Total, 10), "", "", "", "", "", "", "", "", ""})
}
