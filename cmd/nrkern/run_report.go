package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
)

// runReport is what `nrkern run -o json` prints.
type runReport struct {
	Out         string       `json:"out"`
	Scale       string       `json:"scale"`
	Experiments []runOutcome `json:"experiments"`
}

// runOutcome is one experiment of a run.
type runOutcome struct {
	Name      string            `json:"experiment"`
	Folder    string            `json:"folder"`
	Status    results.Status    `json:"status"`
	Samples   int               `json:"samples"`
	Moved     int               `json:"samples_moved"`
	Elapsed   time.Duration     `json:"elapsed_ns"`
	Placement string            `json:"placement"`
	Others    *float64          `json:"others_percent"`
	Shapes    []results.Verdict `json:"shapes"`
	disturbed string
}

func (r *runReport) add(f *results.Folder) {
	m := f.Manifest
	r.Experiments = append(r.Experiments, runOutcome{
		Name: m.Experiment, Folder: f.Path, Status: m.Status, Samples: m.SamplesTaken, Moved: m.Noise.Moved,
		Elapsed: m.Ended.Sub(m.Began), Placement: string(f.Summary.Leading), Others: m.Noise.Others, disturbed: m.Noise.Disturbed(), Shapes: f.Summary.Verdicts,
	})
}

// table says what became of each shape.
func (r runReport) table(w io.Writer) error {
	var b strings.Builder
	for _, e := range r.Experiments {
		fmt.Fprintf(&b, "%s: %s, %s in %v", e.Name, e.Status, plural(e.Samples, "sample"), e.Elapsed.Round(100*time.Millisecond))
		if e.Moved > 0 {
			fmt.Fprintf(&b, ", %d of them left out because the host moved the CPUs", e.Moved)
		}
		b.WriteString("\n")
		if e.disturbed != "" {
			fold(&b, "  ", e.disturbed)
		}
		writeShapes(&b, e.Shapes)
		fmt.Fprintf(&b, "  %s\n\n", e.Folder)
	}
	counts := map[results.Outcome]int{}
	for _, e := range r.Experiments {
		for _, v := range e.Shapes {
			counts[v.Outcome]++
		}
	}
	fmt.Fprintf(&b, "shapes: %d held, %d FAILED, %d inside the noise, %d not judged here\n",
		counts[results.Held], counts[results.Failed], counts[results.Noisy], counts[results.NotJudged])
	_, err := io.WriteString(w, b.String())
	return err
}

func writeShapes(b *strings.Builder, shapes []results.Verdict) {
	for _, v := range shapes {
		fmt.Fprintf(b, "  %-16s  %s\n", v.Outcome, v.Shape)
		if v.Text != "" {
			fold(b, "                    ", v.Text)
		}
	}
}

// csv has a record for each shape.
func (r runReport) csv() [][]string {
	records := [][]string{{"experiment", "status", "samples", "outcome", "shape", "text"}}
	for _, e := range r.Experiments {
		for _, v := range e.Shapes {
			records = append(records, []string{e.Name, string(e.Status), strconv.Itoa(e.Samples), string(v.Outcome), v.Shape, v.Text})
		}
	}
	return records
}

// err names the shapes that failed.
func (r runReport) err() error {
	var failed []string
	for _, e := range r.Experiments {
		for _, v := range e.Shapes {
			if v.Outcome == results.Failed {
				failed = append(failed, fmt.Sprintf("%s: %s", e.Name, v.Shape))
			}
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("run: %w: %s FAILED: %s", errCheck, plural(len(failed), "shape"), strings.Join(failed, "; "))
}

// experimentList is what `nrkern run --list -o json` prints.
type experimentList struct {
	Experiments []listedExperiment `json:"experiments"`
}

// listedExperiment is an experiment in a list.
type listedExperiment struct {
	Name   string `json:"experiment"`
	Title  string `json:"title"`
	Claim  string `json:"claim"`
	Source string `json:"source"`
	Shapes int    `json:"shapes"`
}

// listing lists experiments.
func listing(all []*experiment.Definition) result {
	list := []listedExperiment{}
	records := [][]string{{"experiment", "title", "claim", "source", "shapes"}}
	g := newGrid("llr", "EXPERIMENT", "TITLE", "SHAPES")
	for _, d := range all {
		e := listedExperiment{d.Name, d.Title, d.Claim, d.Source, len(d.Shapes)}
		list = append(list, e)
		records = append(records, []string{e.Name, e.Title, e.Claim, e.Source, strconv.Itoa(e.Shapes)})
		g.add(e.Name, e.Title, strconv.Itoa(e.Shapes))
	}
	return result{data: experimentList{list}, table: g.write, csv: func() [][]string { return records }}
}
