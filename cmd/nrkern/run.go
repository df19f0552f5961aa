package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/experiments"
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/report"
	"github.com/nrkern/nrkern/experiments/results"
)

// running is the flags of run.
type running struct {
	s     *session
	scale experiment.Scale
	out   string
	all   bool
	list  bool
	// resume keeps the complete folders that are there.
	resume bool
}

func newRun(s *session) *cobra.Command {
	r := &running{s: s, scale: experiment.Quick}
	cmd := &cobra.Command{
		Use: "run EXPERIMENT | --all | --list", Short: "Run an experiment and judge what it was expected to show",
		Long: `Boot what the experiment needs, take its samples, variants in turn, judge the
expected shapes, and write a results folder: manifest.json, data.csv,
summary.json, bench.txt (for benchstat), plots, report.html.

A shape is held, FAILED, inside the noise (the samples allow both), or not judged
here, with the reason. At the scale smoke too few samples are taken for timed
shapes to be judged: it shows that everything works.

The folder is written aside and renamed at the end. A run that is interrupted
keeps what it has, and its manifest says so. Given --resume, --all keeps the
experiments that are complete and runs the others.`,
		Example: `  nrkern run --list
  nrkern run hashmap --scale smoke --out /tmp/hashmap
  nrkern run --all --scale quick --out results/quick --resume`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, d := range s.catalogue() {
				names = append(names, d.Name+"\t"+d.Title)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			chosen, err := r.chosen(args)
			if err != nil {
				return &usageError{text: "run: " + err.Error(), command: cmd.CommandPath()}
			}
			if r.list {
				return s.print(listing(chosen))
			}
			return r.run(cmd.Context(), chosen)
		},
	}
	flags := cmd.Flags()
	flags.Var(choice[experiment.Scale]{&r.scale, experiment.ParseScale}, "scale", "how much: smoke (seconds), quick (two minutes), full (no limit of time)")
	flags.StringVar(&r.out, "out", "", "where the results folder is to be; with --all, what is to hold them (default results/NAME-SCALE-TIME)")
	flags.BoolVar(&r.all, "all", false, "run all experiments, one after the other")
	flags.BoolVar(&r.resume, "resume", false, "with --all and --out: keep what is complete there, and run the rest")
	flags.BoolVar(&r.list, "list", false, "list the experiments")
	complete(cmd, "scale", "smoke", "quick", "full")
	_ = cmd.MarkFlagDirname("out") // fails for a flag that is not there only
	return cmd
}

// chosen returns the experiments that the command line names.
func (r *running) chosen(args []string) ([]*experiment.Definition, error) {
	all := r.s.catalogue()
	switch {
	case r.resume && (!r.all || r.out == ""):
		return nil, errors.New("--resume goes with --all and --out")
	case (r.all || r.list) && len(args) > 0:
		return nil, fmt.Errorf("--all and --list take no name, but there is %q", args[0])
	case r.all || r.list:
		return all, nil
	case len(args) == 0:
		return nil, errors.New("name an experiment, or give --all or --list")
	case len(args) > 1:
		return nil, fmt.Errorf("one experiment at a time: %q is one too many; --all runs all", args[1])
	}
	d, err := experiments.Named(all, args[0])
	if err != nil {
		return nil, err
	}
	return []*experiment.Definition{d}, nil
}

// where returns the folder of an experiment.
func (r *running) where(d *experiment.Definition) string {
	if r.all {
		return filepath.Join(r.out, d.Name)
	}
	return r.out
}

// run runs experiments, and says what became of their shapes.
func (r *running) run(ctx context.Context, chosen []*experiment.Definition) error {
	if r.out == "" {
		name := "all"
		if !r.all {
			name = chosen[0].Name
		}
		r.out = filepath.Join("results", fmt.Sprintf("%s-%s-%s", name, r.scale, time.Now().Format("20060102-150405")))
	}
	if err := results.Free(r.out); err != nil && !r.resume {
		return &usageError{text: "run: " + err.Error()}
	}
	if err := r.alike(chosen); err != nil {
		return err
	}
	found := runReport{Out: r.out, Scale: string(r.scale), Experiments: []runOutcome{}}
	var failure error
	for i, d := range chosen {
		f, err := r.kept(d)
		if f == nil && err == nil {
			f, err = r.anew(ctx, d, i, len(chosen))
		}
		if f != nil {
			found.add(f)
		}
		if err != nil {
			failure = errors.Join(failure, fmt.Errorf("%s: %w", d.Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	if r.all {
		if err := r.index(); err != nil {
			failure = errors.Join(failure, err)
		}
	}
	if len(found.Experiments) > 0 {
		if err := r.s.print(result{data: found, table: found.table, csv: found.csv}); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		if len(found.Experiments) > 0 {
			fmt.Fprintf(r.s.err, "interrupted: what was measured until then is in %s\n", r.out)
		}
		return context.Cause(ctx)
	}
	return errors.Join(failure, found.err())
}

// alike refuses to go on with a run of another scale, or of another nrkern.
func (r *running) alike(chosen []*experiment.Definition) error {
	if !r.resume {
		return nil
	}
	for _, d := range chosen {
		f, err := results.Open(r.where(d))
		switch {
		case err != nil: // nothing to go on with, or kept says why not
		case f.Manifest.Scale != string(r.scale):
			return &usageError{text: fmt.Sprintf("run: %s is of the scale %s, not %s: name another folder with --out", f.Path, f.Manifest.Scale, r.scale)}
		case f.Manifest.Version != version:
			return &usageError{text: fmt.Sprintf("run: %s was measured by nrkern %s, this is %s: name another folder with --out, or go on with the one that began", f.Path, f.Manifest.Version, version)}
		}
	}
	return nil
}

// kept returns the folder of an experiment that an earlier run completed.
func (r *running) kept(d *experiment.Definition) (*results.Folder, error) {
	if !r.resume {
		return nil, nil
	}
	// An end by force may have come while the folder was aside.
	if _, err := os.Stat(r.where(d)); errors.Is(err, os.ErrNotExist) {
		if err := os.Rename(r.aside(d), r.where(d)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	f, err := results.Open(r.where(d))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case f.Manifest.Status == results.Complete:
		return f, nil
	}
	return nil, nil
}

// aside is where what an earlier run did not complete lies meanwhile.
func (r *running) aside(d *experiment.Definition) string {
	return filepath.Join(r.out, "."+d.Name+".interrupted")
}

// anew runs an experiment. What an earlier run had of it gives way when there is
// a new folder, and stays if there is none.
func (r *running) anew(ctx context.Context, d *experiment.Definition, i, of int) (*results.Folder, error) {
	if !r.resume {
		return r.one(ctx, d, i, of)
	}
	if err := os.Rename(r.where(d), r.aside(d)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := r.one(ctx, d, i, of)
	if _, missing := os.Stat(r.where(d)); missing == nil {
		return f, errors.Join(err, os.RemoveAll(r.aside(d)))
	}
	if back := os.Rename(r.aside(d), r.where(d)); back != nil && !errors.Is(back, os.ErrNotExist) {
		err = errors.Join(err, back)
	}
	return f, err
}

// one runs one experiment.
func (r *running) one(ctx context.Context, d *experiment.Definition, i, of int) (*results.Folder, error) {
	lab, err := experiment.NewLab(r.scale, version)
	if err != nil {
		return nil, err
	}
	name := d.Name
	if of > 1 {
		name = fmt.Sprintf("%s (%d of %d)", d.Name, i+1, of)
	}
	return experiment.Run(ctx, d, lab, experiment.Options{
		Out: r.where(d), Args: append([]string{"nrkern"}, r.s.args...), Progress: newProgress(r.s.err, name), Finish: report.Files,
	})
}

// index writes one page for all folders of a run.
func (r *running) index() error {
	all, err := results.Below(r.out)
	if errors.Is(err, results.ErrFolder) {
		return nil // nothing was measured
	}
	if err != nil {
		return err
	}
	return report.PageFile(filepath.Join(r.out, results.ReportFile), "All experiments, "+string(r.scale), r.s.inOrder(all))
}
