package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

// ErrWrongAnswer says that a structure answered wrongly while it was measured.
var ErrWrongAnswer = errors.New("wrong answer")

// Progress is told how a run goes on. Its methods must not wait.
type Progress interface {
	// Begin says what begins, and how many samples are planned.
	Begin(name string, samples int)
	// Sample says how many samples are done, and how long the rest will take.
	Sample(done, of int, left time.Duration)
	// End says that the run is over.
	End()
}

// Options are how to run.
type Options struct {
	Out      string // where the folder is to be
	Args     []string
	Progress Progress // nil for nobody
	// Finish writes further files into the folder before it gets its name.
	Finish func(aside string, f *results.Folder) error
}

// Run runs an experiment and writes its folder. After an interruption (ctx) or
// an error it writes what there is, and returns both the folder and why.
func Run(ctx context.Context, d *Definition, lab *Lab, o Options) (*results.Folder, error) {
	r := &run{
		definition: d, lab: lab, options: o, began: time.Now(),
		table: &results.Table{Factors: d.Factors, Metrics: d.Metrics}, placements: map[string]int{},
	}
	var err error
	if r.writer, err = results.NewWriter(o.Out, r.table); err != nil {
		return nil, err
	}
	noise := watchNoise()
	failure := r.blocks(ctx)
	if o.Progress != nil {
		o.Progress.End()
	}
	f := r.folder(noise.end(), ctx, failure)
	if len(r.table.Rows) == 0 && failure != nil {
		return nil, errors.Join(failure, r.writer.Abandon())
	}
	if err := r.finish(f); err != nil {
		return f, errors.Join(failure, fmt.Errorf("results folder %s: %w", o.Out, err))
	}
	if failure != nil && ctx.Err() != nil {
		failure = context.Cause(ctx)
	}
	return f, failure
}

// run is a run of an experiment.
type run struct {
	definition *Definition
	lab        *Lab
	options    Options
	began      time.Time
	table      *results.Table
	writer     *results.Writer

	planned, taken int
	done           []int // repetitions, by block
	moved          int
	placements     map[string]int // samples
	late           bool           // the limit of time was reached
}

// folder says how the run went.
func (r *run) folder(noise results.Noise, ctx context.Context, failure error) *results.Folder {
	d, lab := r.definition, r.lab
	m := results.Manifest{
		Format: results.Format, Experiment: d.Name, Title: d.Title, Claim: d.Claim, Source: d.Source, Method: d.Method,
		Scale: string(lab.Scale), Status: results.Complete, Version: lab.Version, Args: r.options.Args, Seed: lab.Seed,
		Began: r.began, Ended: time.Now(), SamplesPlanned: r.planned, SamplesTaken: r.taken,
		RepetitionsPlanned: lab.Budget.Repetitions, RepetitionsDone: r.repetitionsDone(), Duration: lab.Budget.Span.Duration, Warmup: lab.Budget.Span.Warmup,
		Host: lab.describe(), Machines: append([]results.MachineFacts{}, lab.machines...), Noise: noise,
		Warnings: append([]string{}, lab.warnings...), Factors: d.Factors, Metrics: d.Metrics, Figures: d.Figures,
	}
	m.Revision, m.Modified = revision()
	m.Noise.Moved, m.Noise.Placements = r.moved, r.placements
	if text := noise.Disturbed(); text != "" {
		m.Warnings = append(m.Warnings, text)
	}
	switch {
	case ctx.Err() != nil:
		m.Status, m.Error = results.Interrupted, fmt.Sprint(context.Cause(ctx))
	case failure != nil:
		m.Status, m.Error = results.Broken, failure.Error()
	case r.late:
		m.Warnings = append(m.Warnings, fmt.Sprintf("the time of the scale, %v, was up after %d of %d repetitions", lab.Budget.Limit, m.RepetitionsDone, m.RepetitionsPlanned))
	}
	s := results.Summary{
		Experiment: d.Name, Scale: string(lab.Scale), Status: m.Status, Leading: r.table.Leading(),
		Verdicts: shape.Verdicts(d.Shapes, r.table, lab.host()), Cells: r.table.Summarize(),
	}
	return &results.Folder{Path: r.options.Out, Manifest: m, Summary: s, Table: r.table}
}

// repetitionsDone is what every block has at least.
func (r *run) repetitionsDone() int {
	if len(r.done) == 0 {
		return 0
	}
	return slices.Min(r.done)
}

// finish writes the files and gives the folder its name. Samples are kept even
// if nothing can be made of them: figures can be made anew.
func (r *run) finish(f *results.Folder) error {
	w := r.writer
	if err := errors.Join(w.JSON(results.ManifestFile, f.Manifest), w.JSON(results.SummaryFile, f.Summary)); err != nil {
		return errors.Join(err, w.Abandon())
	}
	var err error
	if r.options.Finish != nil {
		err = r.options.Finish(w.Aside(), f)
	}
	return errors.Join(err, w.Close())
}
