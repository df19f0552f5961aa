package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is the outcome of a run.
type Report struct {
	Machine Machine  `json:"machine"`
	Lines   []Line   `json:"lines"`
	Series  []Series `json:"series"`
}

// Formats are the names of the formats of Write.
func Formats() []string { return []string{"table", "bench", "json"} }

// Write writes the report: "table" for people, "bench" for benchstat, "json"
// for programs.
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "table":
		return r.table(w)
	case "bench":
		return r.benchmark(w)
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return fmt.Errorf("output format %q: want %s", format, strings.Join(Formats(), ", "))
}

// Tally counts the lines of each verdict.
func (r *Report) Tally() map[Verdict]int {
	n := map[Verdict]int{}
	for _, l := range r.Lines {
		n[l.Verdict]++
	}
	return n
}

func (r *Report) table(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "%s, CPUs %v, Linux %s, %s, reference by %s\n", m.CPU, m.CPUs, m.Kernel, m.Go, orNone(m.Compiler))
	fmt.Fprintf(w, "load %.2f before, %.2f after; busy %.0f %%, stolen by the host %.1f %%; samples by placement: %s\n\n",
		m.Load1Before, m.Load1After, 100*m.BusyRatio, 100*m.StealRatio, placements(r.Series))
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "what\tplacement\tours\treference\tratio [95 %]\ttarget\tverdict")
	row := ""
	var notes []string
	for _, l := range r.Lines {
		if l.Row != row {
			row = l.Row
			fmt.Fprintf(tw, "%s\t\t\t\t\t\t\n", row)
		}
		verdict := string(l.Verdict)
		if l.Unsure {
			verdict += ", unsure"
		}
		if l.Preempted {
			verdict += ", disturbed"
		}
		if l.Reason != "" {
			if i := slices.Index(notes, l.Reason); i >= 0 {
				verdict += fmt.Sprintf(" (%d)", i+1)
			} else {
				notes = append(notes, l.Reason)
				verdict += fmt.Sprintf(" (%d)", len(notes))
			}
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Case, l.Placement,
			figure(l.OursName, l.Ours, l.Unit), figure(l.ReferenceName, l.Reference, l.Unit), ratio(l.Ratio), l.target(), verdict)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for i, note := range notes {
		fmt.Fprintf(w, "(%d) %s\n", i+1, note)
	}
	_, err := fmt.Fprintf(w, "unsure: the target is inside the interval. disturbed: other programs had a CPU in too many samples to leave those out.\n")
	return err
}

func orNone(s string) string {
	if s == "" {
		return "nobody: no C compiler"
	}
	return s
}

// placements counts the samples that were kept.
func placements(series []Series) string {
	n := map[Placement]int{}
	for _, s := range series {
		for _, v := range s.Variants {
			n[s.Placement] += len(v.Values)
		}
	}
	var words []string
	for _, p := range []Placement{SameL3, Sibling, Far, OneCPU, Processes} {
		if n[p] > 0 {
			words = append(words, fmt.Sprintf("%s %d", p, n[p]))
		}
	}
	return strings.Join(words, ", ")
}

func figure(name string, e *Estimate, u Unit) string {
	if e == nil {
		return ""
	}
	if u == Latency || u == LatencyMax {
		return fmt.Sprintf("%s %v", name, time.Duration(e.Median).Round(10*time.Nanosecond))
	}
	return fmt.Sprintf("%s %s %s", name, significant(e.Median), u)
}

func ratio(e *Estimate) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", e.Median, e.Low, e.High)
}

// significant shows three digits.
func significant(x float64) string {
	switch {
	case math.Abs(x) >= 100:
		return fmt.Sprintf("%.0f", x)
	case math.Abs(x) >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func (l *Line) target() string {
	if l.Target == nil {
		return ""
	}
	sign := ">="
	if l.Target.AtMost {
		sign = "<="
	}
	switch {
	case l.Reference != nil && l.Unit != LatencyMax || l.Ours == nil:
		return fmt.Sprintf("%s %.3gx", sign, l.Target.Value)
	case l.Unit == Latency || l.Unit == LatencyMax:
		return fmt.Sprintf("%s %v", sign, time.Duration(l.Target.Value))
	}
	return fmt.Sprintf("%s %.3g %s", sign, l.Target.Value, l.Unit)
}

// benchmark writes every sample as a line of Go's benchmark format, with the
// placement as configuration, so that benchstat keeps placements apart.
func (r *Report) benchmark(w io.Writer) error {
	fmt.Fprintf(w, "goos: linux\ngoarch: amd64\npkg: github.com/nrkern/nrkern/bench\ncpu: %s\n", r.Machine.CPU)
	fmt.Fprintf(w, "load-before: %.2f\nload-after: %.2f\nsteal: %.4f\n", r.Machine.Load1Before, r.Machine.Load1After, r.Machine.StealRatio)
	at := Placement("")
	for _, s := range r.Series {
		if s.Placement != at {
			at = s.Placement
			fmt.Fprintf(w, "placement: %s\n", at)
		}
		for _, v := range s.Variants {
			for _, value := range v.Values {
				if _, err := fmt.Fprintf(w, "Benchmark%s/%s 1 %g %s\n", capital(s.Row), word(v.Name), value, s.Unit); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// word makes a name that benchmark names may contain.
func word(s string) string {
	return strings.NewReplacer(", ", "-", " ", "-").Replace(s)
}
