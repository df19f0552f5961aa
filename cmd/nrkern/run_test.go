package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

// trial is an experiment that measures the values it is given: of a, then of b.
func trial(name string, a, b float64, failure error) *experiment.Definition {
	cell := func(variant string, v float64) experiment.Cell {
		return experiment.Cell{Variant: variant, Factors: []string{"1"}, Once: true, Take: func(context.Context, measure.Span) ([]experiment.Reading, error) {
			return experiment.One(map[string]float64{"rate": v}), failure
		}}
	}
	return &experiment.Definition{
		Name: name, Title: "A trial", Claim: "a is ahead of b", Source: "this test", Method: "none",
		Factors: []results.Column{{Name: "x", Label: "x"}}, Metrics: []results.Column{{Name: "rate", Label: "rate"}},
		Figures: []results.Figure{{Name: "f", Title: "F", Kind: results.Bars, X: "x", Y: "rate"}},
		Shapes: []shape.Shape{{
			Text: "a is ahead", Source: "this test", Metric: "rate", Exact: true,
			Judge: shape.Ahead{A: []string{"a"}, B: []string{"b"}, At: results.Where{"x": "1"}},
		}},
		Blocks: func(*experiment.Lab) ([]experiment.Block, error) {
			return []experiment.Block{{Name: "1", Open: func(context.Context) ([]experiment.Point, func() error, error) {
				return []experiment.Point{{cell("a", a), cell("b", b)}}, nil, nil
			}}}, nil
		},
	}
}

// runOn runs the command on experiments of the test.
func runOn(t *testing.T, all []*experiment.Definition, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	s := newSession(args, &out, &err)
	s.catalogue = func() []*experiment.Definition { return all }
	root := newRoot(s)
	root.SetArgs(args)
	status = s.end(t.Context(), root.ExecuteContext(t.Context()))
	return status, out.String(), err.String()
}

// TestRunStatus: 0 when all shapes held, 4 when one FAILED or an answer was
// wrong, 1 when an experiment broke; the others run all the same.
func TestRunStatus(t *testing.T) {
	for _, c := range []struct {
		name           string
		all            []*experiment.Definition
		status         int
		stdout, stderr string
	}{
		{"held", []*experiment.Definition{trial("one", 2, 1, nil)}, exitOK, "1 held, 0 FAILED", ""},
		{"FAILED", []*experiment.Definition{trial("one", 1, 2, nil), trial("two", 2, 1, nil)}, exitCheck, "1 held, 1 FAILED", "1 shape FAILED: one: a is ahead"},
		{"wrong answer", []*experiment.Definition{trial("one", 1, 2, fmt.Errorf("%w: 7", experiment.ErrWrongAnswer)), trial("two", 2, 1, nil)}, exitCheck, "1 held", "one: 1: a at [1]: wrong answer: 7"},
		{"broken", []*experiment.Definition{trial("one", 1, 2, fmt.Errorf("no machine")), trial("two", 2, 1, nil)}, exitFailure, "1 held", "no machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			status, stdout, stderr := runOn(t, c.all, "run", "--all", "--out", out)
			if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("status %d, want %d\n%s\n%s", status, c.status, stdout, stderr)
			}
			all, err := results.Below(out)
			if err != nil || all[len(all)-1].Manifest.Experiment != c.all[len(c.all)-1].Name {
				t.Errorf("folders: %v, %v", all, err)
			}
		})
	}
}

// TestResume keeps what is complete, runs anew what was cut short, and refuses
// what is of another scale.
func TestResume(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if status, _, stderr := runOn(t, []*experiment.Definition{trial("one", 2, 1, nil), trial("two", 2, 1, nil)}, "run", "--all", "--out", out); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	rewrite(t, filepath.Join(out, "two"), `"status": "complete"`, `"status": "interrupted"`)
	// Measured anew, a would not be ahead.
	all := []*experiment.Definition{trial("one", 1, 2, nil), trial("two", 1, 2, nil), trial("three", 2, 1, nil)}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"run", "--all"}, exitUsage, "is there already"},
		{[]string{"run", "one", "--resume"}, exitUsage, "--resume goes with --all and --out"},
		{[]string{"run", "--all", "--resume", "--scale", "smoke"}, exitUsage, "is of the scale quick, not smoke"},
		{[]string{"run", "--all", "--resume"}, exitCheck, "2 held, 1 FAILED"},
		{[]string{"run", "--all", "--resume"}, exitCheck, "2 held, 1 FAILED"},
	} {
		status, stdout, stderr := runOn(t, all, append(c.args, "--out", out)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%v: status %d, want %d with %q\n%s\n%s", c.args, status, c.status, c.want, stdout, stderr)
		}
	}
}

// rewrite changes the manifest of a folder.
func rewrite(t *testing.T, folder, old, with string) {
	t.Helper()
	path := filepath.Join(folder, results.ManifestFile)
	text, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(text), old) {
		err = fmt.Errorf("%s has no %s", path, old)
	}
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(text), old, with, 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestResumeKeepsWhatWasCutShort until there is something in its place.
func TestResumeKeepsWhatWasCutShort(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	one := filepath.Join(out, "one")
	run := func(status int, failure error, args ...string) string {
		t.Helper()
		got, stdout, stderr := runOn(t, []*experiment.Definition{trial("one", 2, 1, failure)}, append([]string{"run", "--all", "--out", out}, args...)...)
		if got != status {
			t.Fatalf("status %d, want %d\n%s\n%s", got, status, stdout, stderr)
		}
		return stderr
	}
	left := func(want results.Status) {
		t.Helper()
		all, err := results.Below(out)
		if err != nil || len(all) != 1 || all[0].Path != one || all[0].Manifest.Status != want {
			t.Errorf("%v, %v; want one that is %s", all, err, want)
		}
	}
	run(exitOK, nil)
	rewrite(t, one, `"status": "complete"`, `"status": "interrupted"`)
	run(exitFailure, fmt.Errorf("no machine"), "--resume")
	left(results.Interrupted)
	// As if the run had been killed in between.
	if err := os.Rename(one, filepath.Join(out, ".one.interrupted")); err != nil {
		t.Fatal(err)
	}
	run(exitFailure, fmt.Errorf("no machine"), "--resume")
	left(results.Interrupted)
	run(exitOK, nil, "--resume")
	left(results.Complete)
	rewrite(t, one, `"version": "`+version+`"`, `"version": "another"`)
	if stderr := run(exitUsage, nil, "--resume"); !strings.Contains(stderr, "nrkern another") || !strings.Contains(stderr, "this is "+version) {
		t.Errorf("the versions are not named: %s", stderr)
	}
}

// TestReportAndCompare: a page for one folder and for many, and two runs side by
// side, with the keys of their JSON.
func TestReportAndCompare(t *testing.T) {
	root := t.TempDir()
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	for out, all := range map[string][]*experiment.Definition{
		a: {trial("one", 2, 1, nil), trial("two", 2, 1, nil)},
		b: {trial("one", 6, 1, nil)},
	} {
		if status, _, stderr := runOn(t, all, "run", "--all", "--out", out); status != exitOK {
			t.Fatalf("status %d: %s", status, stderr)
		}
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string // in stdout or stderr
	}{
		{"report of many", []string{"report", a, b, "--out", filepath.Join(root, "all.html")}, exitOK, filepath.Join(root, "all.html")},
		{"report of one", []string{"report", filepath.Join(a, "one")}, exitOK, filepath.Join(a, "one", "report.html")},
		{"report of nothing", []string{"report"}, exitUsage, "name a results folder"},
		{"report of no folder", []string{"report", root}, exitUsage, "neither it nor a folder in it has a manifest.json"},
		{"compare", []string{"compare", a, b, "--all"}, exitOK, "0 better, 0 worse, 0 no difference, 2 too few samples"},
		{"compare the same", []string{"compare", a, a}, exitOK, "4 too few samples"},
		{"compare one", []string{"compare", a}, exitUsage, "name two results folders"},
		{"compare others", []string{"compare", filepath.Join(a, "two"), b}, exitUsage, "no experiment in common"},
		{"compare JSON", []string{"compare", a, b, "-o", "json"}, exitOK, `"median": 3`},
		{"compare CSV", []string{"compare", a, b, "-o", "csv"}, exitOK, "one,a,x=1,one-cpu,rate,2,6,too few samples,3,3,3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := runOn(t, nil, c.args...)
			if status != c.status || !strings.Contains(stdout+stderr, c.want) {
				t.Errorf("status %d, want %d with %q\n%s\n%s", status, c.status, c.want, stdout, stderr)
			}
		})
	}
	page, err := os.ReadFile(filepath.Join(root, "all.html"))
	if err != nil || strings.Count(string(page), "<section") != 3 {
		t.Errorf("a page of three experiments has %d, %v", strings.Count(string(page), "<section"), err)
	}
}
