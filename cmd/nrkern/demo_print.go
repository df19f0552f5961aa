package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/nrkern/nrkern/measure"
)

// lineWidth is where sentences are folded.
const lineWidth = 96

// table writes the comparison, what it means, and what it was measured on.
func (r *demoReport) table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "key-value service, %s uniform keys, %s on each of %s (%s)\n", grouped(r.Keys), plural(r.ThreadsPerNode, "thread"), plural(r.Nodes, "node"), r.Topology)
	fmt.Fprintf(&b, "medians of %s of %v at most, taken in turns, and half their range\n", plural(r.Repetitions, "sample"), r.Duration)
	window := 0
	var g *grid
	flush := func() {
		if g != nil {
			_ = g.write(&b) // a strings.Builder does not fail
		}
	}
	for _, p := range r.points {
		if p.Window != window {
			flush()
			window = p.Window
			fmt.Fprintf(&b, "\n%s outstanding per thread\n", plural(window, "operation"))
			g = demoGrid()
		}
		g.add(r.row(p)...)
	}
	flush()
	b.WriteString("\nM/s: million operations a second; h/op: cache lines handed over per operation (observed, a lower bound)\n\n")
	for _, sentence := range r.Reading {
		fold(&b, "", sentence)
	}
	b.WriteString("\n")
	r.writeChecks(&b)
	r.writeHost(&b)
	r.writeNext(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func demoGrid() *grid {
	g := newGrid("rrrrrrrrrrrrl")
	g.titles = map[int]string{1: "nr", 5: "multikernel", 9: "biglock"}
	g.add("writes", "M/s", "+-%", "h/op", "log/op", "M/s", "+-%", "h/op", "msg/op", "M/s", "+-%", "h/op", "best lock")
	return g
}

// row shows the best of each structure at a point.
func (r *demoReport) row(p point) []string {
	row := []string{fmt.Sprintf("%g %%", p.WriteRatio)}
	by := map[string]*cell{}
	for _, c := range contenders(r.Cells, p) {
		by[c.family()] = c
	}
	for _, family := range []string{"nr", "multikernel", "biglock"} {
		c := by[family]
		if c == nil {
			row = append(row, "-", "-", "-", "-")
			continue
		}
		spread := "-" // one sample shows none
		if c.Samples > 1 {
			spread = strconv.FormatFloat(c.spread(), 'f', 0, 64)
		}
		row = append(row, significant(c.OpsPerS/1e6), spread, short(c.HandOversPerOp))
		switch family {
		case "nr":
			row = append(row, short(c.LogEntriesPerOp))
		case "multikernel":
			row = append(row, short(c.MessagesPerOp))
		default:
			row = append(row, strings.TrimPrefix(c.Structure, "biglock/"))
		}
	}
	return row
}

func short(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

func (r *demoReport) writeChecks(b *strings.Builder) {
	for i := 0; i < len(r.Checks); {
		c, of := r.Checks[i], []string{r.Checks[i].Of}
		for i++; i < len(r.Checks) && r.Checks[i].Text == c.Text; i++ {
			of = append(of, r.Checks[i].Of)
		}
		word := "ok    "
		if !c.Passed {
			word = "FAILED"
		}
		fmt.Fprintf(b, "%s  %s: %s\n", word, strings.Join(of, ", "), c.Text)
	}
	b.WriteString("\n")
}

// writeHost says what the numbers were measured on.
func (r *demoReport) writeHost(b *strings.Builder) {
	h := r.Host
	smt := "no SMT"
	if h.SMT {
		smt = "SMT"
	}
	fmt.Fprintf(b, "machine    %s usable, %s, Linux %s\n", plural(h.CPUs, "CPU"), smt, h.Linux)
	switch {
	case r.Shared:
		b.WriteString("nodes      virtual, and their CPUs are shared: threads take turns, so timings say little\n")
	case r.Virtual:
		fmt.Fprintf(b, "nodes      virtual, on %s: hand-overs cross CPUs, not sockets\n", plural(h.LinuxNodes, "Linux node"))
	default:
		fmt.Fprintf(b, "nodes      real: %s\n", plural(h.LinuxNodes, "Linux node"))
	}
	if r.Hugepages {
		b.WriteString("segments   on hugepages of 2 MiB\n")
	} else {
		b.WriteString("segments   on ordinary pages of 4 KiB\n")
	}
	fmt.Fprintf(b, "CPUs       %s\n", r.distanceText())
	if h.Steal == nil {
		b.WriteString("host       stolen time not measured (no /proc/stat)\n")
	} else {
		fmt.Fprintf(b, "host       %.1f %% of the CPUs' time stolen by other guests\n", *h.Steal)
	}
	if h.BusyBefore != nil && h.BusyAfter != nil {
		advice := ""
		if max(*h.BusyBefore, *h.BusyAfter) > 100*tolerableBusy {
			advice = ": repeat this when they do not"
		}
		fmt.Fprintf(b, "others     other programs used the CPUs for %.0f %% of the time before, %.0f %% after%s\n", *h.BusyBefore, *h.BusyAfter, advice)
	}
	fmt.Fprintf(b, "took       %v\n\n", r.Elapsed.Round(100*time.Millisecond))
}

// distanceText says where the CPUs were to each other, and which samples were
// left out because they were elsewhere.
func (r *demoReport) distanceText() string {
	if r.Distance == notMeasured {
		return "distance not measured: the nodes have no two CPUs"
	}
	var times []float64
	out := 0
	for _, s := range r.Samples {
		if !s.Counted {
			out++
		} else if s.RoundTripBefore != nil {
			times = append(times, float64(*s.RoundTripBefore))
		}
	}
	text := fmt.Sprintf("%s: a cache line goes there and back in %.0f ns", r.Distance, measure.Median(times).Median)
	if out > 0 {
		text += fmt.Sprintf("; %d of %d samples left out, taken while they were elsewhere", out, len(r.Samples))
	}
	return text
}

func (r *demoReport) writeNext(b *strings.Builder) {
	topology := ""
	if r.Virtual {
		topology = " --topology 2x1"
	}
	fmt.Fprintf(b, "next  %[1]s start --mode=nr%[2]s --detach; %[1]s sys kv put 7 42 --node 0; %[1]s sys kv get 7 --node 1\n"+
		"      %[1]s bench kv --write-ratio 10; %[1]s check; %[1]s status; %[1]s stop\n", calledAs(), topology)
	if r.Virtual || !r.Hugepages {
		fmt.Fprintf(b, "      %s doctor   what would make this machine better to measure on\n", calledAs())
	}
}

// calledAs is what to type to run this program again: its name, if the shell
// finds it by that, or the path that it was called by.
func calledAs() string {
	own, err := os.Stat("/proc/self/exe")
	if err != nil {
		return os.Args[0]
	}
	if path, err := exec.LookPath("nrkern"); err == nil {
		if there, err := os.Stat(path); err == nil && os.SameFile(own, there) {
			return "nrkern"
		}
	}
	return os.Args[0]
}

// fold writes text in lines.
func fold(b *strings.Builder, indent, text string) {
	column := 0
	for i, word := range strings.Fields(text) {
		if i > 0 && column+1+len(word) > lineWidth {
			b.WriteString("\n")
			column = 0
		}
		if column == 0 {
			b.WriteString(indent)
			column = len(indent)
		} else {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteString("\n")
}

// csv has a record for each cell.
func (r *demoReport) csv() [][]string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
	optional := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', 6, 64)
	}
	records := [][]string{{
		"structure", "write_ratio_percent", "window", "samples", "ops_per_s", "ops_per_s_min", "ops_per_s_max",
		"latency_p50_ns", "latency_p99_ns", "handovers_per_op", "log_entries_per_op", "messages_per_op", "best",
	}}
	for _, c := range r.Cells {
		records = append(records, []string{
			c.Structure, strconv.FormatFloat(c.WriteRatio, 'g', -1, 64), strconv.Itoa(c.Window), strconv.Itoa(c.Samples),
			number(c.OpsPerS), number(c.OpsPerSMin), number(c.OpsPerSMax), strconv.FormatInt(c.LatencyP50, 10), strconv.FormatInt(c.LatencyP99, 10),
			optional(c.HandOversPerOp), optional(c.LogEntriesPerOp), optional(c.MessagesPerOp), strconv.FormatBool(c.Best),
		})
	}
	return records
}
