package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

// comparison is what `nrkern compare -o json` prints.
type comparison struct {
	A           string                 `json:"a"`
	B           string                 `json:"b"`
	Experiments []comparedExperiment   `json:"experiments"`
	Counts      map[results.Change]int `json:"counts"`
	Warnings    []string               `json:"warnings"`
}

type comparedExperiment struct {
	Name        string               `json:"experiment"`
	OnlyA       int                  `json:"cells_only_in_a"`
	OnlyB       int                  `json:"cells_only_in_b"`
	Differences []results.Difference `json:"differences"`
	factors     []results.Column
}

func newCompare(s *session) *cobra.Command {
	var whole bool
	cmd := &cobra.Command{
		Use: "compare A B", Short: "Set two results folders side by side",
		Long: `Compare the cells that two results folders (or two folders of them) have in
common, those of one placement of the CPUs with each other: the median of each, the
ratio B by A with its 95 % interval, and whether that is a difference. With fewer
than 5 samples on a side, an interval that holds 1, or a ratio within 5 %, no
difference is claimed.

Two runs differ in more than what was changed: the host moves virtual CPUs, and
others use the machine. What matters is best measured in one run.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{text: "compare: name two results folders", command: cmd.CommandPath()}
			}
			c, err := compareFolders(args[0], args[1])
			if errors.Is(err, results.ErrFolder) {
				return &usageError{text: "compare: " + err.Error()}
			}
			if err != nil {
				return err
			}
			return s.print(result{data: c, table: func(w io.Writer) error { return c.table(w, whole) }, csv: c.csv})
		},
	}
	cmd.Flags().BoolVar(&whole, "all", false, "show also what does not differ")
	return cmd
}

// compareFolders compares the experiments that are below both paths.
func compareFolders(a, b string) (*comparison, error) {
	ours, err := results.Below(a)
	if err != nil {
		return nil, err
	}
	theirs, err := results.Below(b)
	if err != nil {
		return nil, err
	}
	c := &comparison{A: a, B: b, Experiments: []comparedExperiment{}, Counts: map[results.Change]int{}, Warnings: []string{}}
	for _, change := range changes() {
		c.Counts[change] = 0
	}
	for _, x := range ours {
		i := slices.IndexFunc(theirs, func(f *results.Folder) bool { return f.Manifest.Experiment == x.Manifest.Experiment })
		if i < 0 {
			continue
		}
		y := theirs[i]
		c.warn(x.Manifest, y.Manifest)
		found := results.Compare(x.Table, y.Table, shape.MinSamples, shape.Tie)
		for _, d := range found.Differences {
			c.Counts[d.Change]++
		}
		c.Experiments = append(c.Experiments, comparedExperiment{x.Manifest.Experiment, found.OnlyA, found.OnlyB, found.Differences, x.Manifest.Factors})
	}
	if len(c.Experiments) == 0 {
		return nil, fmt.Errorf("%w: %s and %s have no experiment in common", results.ErrFolder, a, b)
	}
	return c, nil
}

func changes() []results.Change {
	return []results.Change{results.Better, results.Worse, results.Unchanged, results.TooFew}
}

// warn notes in what else two runs differ.
func (c *comparison) warn(a, b results.Manifest) {
	for _, d := range []struct{ what, a, b string }{
		{"processor", a.Host.CPU, b.Host.CPU},
		{"number of usable CPUs", strconv.Itoa(a.Host.CPUs), strconv.Itoa(b.Host.CPUs)},
		{"Linux", a.Host.Linux, b.Host.Linux},
		{"scale", a.Scale, b.Scale},
		{"seed", fmt.Sprint(a.Seed), fmt.Sprint(b.Seed)},
	} {
		text := fmt.Sprintf("%s: the %s of A is %s, of B %s", a.Experiment, d.what, d.a, d.b)
		if d.a != d.b {
			c.Warnings = append(c.Warnings, text)
		}
	}
}

// table shows what differs, or all.
func (c *comparison) table(w io.Writer, whole bool) error {
	var b strings.Builder
	for _, e := range c.Experiments {
		fmt.Fprintf(&b, "%s\n", e.Name)
		g := newGrid("llllrrlr", "VARIANT", "AT", "CPUS", "METRIC", "A", "B", "CHANGE", "B/A")
		for _, d := range e.Differences {
			if whole || d.Change == results.Better || d.Change == results.Worse {
				g.add(d.Variant, pointText(e.factors, d.Factors), string(d.Placement), d.Metric, rate(d.A.Median), rate(d.B.Median), string(d.Change), ratioText(d.Ratio))
			}
		}
		if len(g.rows) > 1 {
			if err := g.write(&b); err != nil {
				return err
			}
		}
		if e.OnlyA+e.OnlyB > 0 {
			fmt.Fprintf(&b, "not compared: %s of A and %s of B, which the other does not have in the same placement\n", plural(e.OnlyA, "cell"), plural(e.OnlyB, "cell"))
		}
		b.WriteString("\n")
	}
	for _, text := range c.Warnings {
		fmt.Fprintf(&b, "beware: %s\n", text)
	}
	var counts []string
	for _, change := range changes() {
		counts = append(counts, fmt.Sprintf("%d %s", c.Counts[change], change))
	}
	fmt.Fprintf(&b, "B against A: %s\n", strings.Join(counts, ", "))
	_, err := io.WriteString(w, b.String())
	return err
}

// pointText writes the factors of a cell in the order of the experiment.
func pointText(order []results.Column, at map[string]string) string {
	var words []string
	for _, f := range order {
		if v := at[f.Name]; v != "" {
			words = append(words, f.Name+"="+v)
		}
	}
	return strings.Join(words, " ")
}

func ratioText(r *measure.Estimate) string {
	if r == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", r.Median, r.Low, r.High)
}

// csv has a record for each metric of each cell.
func (c *comparison) csv() [][]string {
	records := [][]string{{"experiment", "variant", "factors", "placement", "metric", "a", "b", "change", "ratio", "ratio_low", "ratio_high"}}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	for _, e := range c.Experiments {
		for _, d := range e.Differences {
			r := []string{e.Name, d.Variant, pointText(e.factors, d.Factors), string(d.Placement), d.Metric, number(d.A.Median), number(d.B.Median), string(d.Change), "", "", ""}
			if d.Ratio != nil {
				r[8], r[9], r[10] = number(d.Ratio.Median), number(d.Ratio.Low), number(d.Ratio.High)
			}
			records = append(records, r)
		}
	}
	return records
}
