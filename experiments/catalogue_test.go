package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

// TestDefinitionsAreWhole: every experiment says what is claimed, by whom, and
// what is expected with its source; shapes and figures name columns that exist.
func TestDefinitionsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			if seen[d.Name] {
				t.Error("there are two of this name")
			}
			seen[d.Name] = true
			for what, text := range map[string]string{"title": d.Title, "claim": d.Claim, "source": d.Source, "method": d.Method} {
				if text == "" {
					t.Errorf("no %s", what)
				}
			}
			if len(d.Shapes) == 0 || len(d.Figures) == 0 || d.Blocks == nil {
				t.Errorf("%d shapes, %d figures, blocks: %v", len(d.Shapes), len(d.Figures), d.Blocks != nil)
			}
			checkShapes(t, d)
			checkFigures(t, d)
		})
	}
}

func checkShapes(t *testing.T, d *experiment.Definition) {
	for _, s := range d.Shapes {
		if s.Text == "" || s.Source == "" {
			t.Errorf("shape %q has source %q", s.Text, s.Source)
		}
	}
	empty := &results.Table{Factors: d.Factors, Metrics: d.Metrics}
	everything := shape.Host{Nodes: 1 << 10, Caches: 1 << 10, CPUs: 1 << 20, Threads: 1 << 10}
	for _, v := range shape.Verdicts(d.Shapes, empty, everything) {
		if v.Outcome != results.NotJudged || strings.Contains(v.Text, "there is no") {
			t.Errorf("shape %q, of no data: %s: %s", v.Shape, v.Outcome, v.Text)
		}
	}
}

func checkFigures(t *testing.T, d *experiment.Definition) {
	table := &results.Table{Factors: d.Factors, Metrics: d.Metrics}
	names := map[string]bool{}
	for _, f := range d.Figures {
		if f.Name == "" || f.Title == "" || names[f.Name] {
			t.Errorf("figure %q has title %q, or is there twice", f.Name, f.Title)
		}
		names[f.Name] = true
		metric := f.Y
		if f.Kind == results.Heat {
			metric = f.Value
			if f.Y != "variant" && table.Factor(f.Y) < 0 {
				t.Errorf("figure %s: rows are of factor %q, which there is not", f.Name, f.Y)
			}
		}
		if table.Metric(metric) < 0 {
			t.Errorf("figure %s: there is no metric %q", f.Name, metric)
		}
		if f.X != "variant" && table.Factor(f.X) < 0 {
			t.Errorf("figure %s: there is no factor %q", f.Name, f.X)
		}
		for name := range f.At {
			if table.Factor(name) < 0 {
				t.Errorf("figure %s: there is no factor %q", f.Name, name)
			}
		}
	}
}

// TestNamed finds experiments, and names those there are.
func TestNamed(t *testing.T) {
	all := All()
	if d, err := Named(all, "hashmap"); err != nil || d.Name != "hashmap" {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := Named(all, "hasmap"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "hashmap") {
		t.Errorf("%v", err)
	}
}

// TestREADMEs: each experiment has a folder of its name, whose README says what
// its definition says, and a script that runs it alone. NRKERN_UPDATE=1 writes
// both.
func TestREADMEs(t *testing.T) {
	for _, d := range All() {
		upToDate(t, filepath.Join(folderOf(d), "README.md"), readme(d), 0o644)
		upToDate(t, filepath.Join(folderOf(d), "run.sh"), script(d), 0o755)
	}
	folders, err := filepath.Glob("*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		name := filepath.Dir(f)
		if !slices.ContainsFunc(All(), func(d *experiment.Definition) bool { return folderOf(d) == name }) {
			t.Errorf("%s is of no experiment", f)
		}
	}
}

// folderOf is the folder of an experiment: a package, so without a hyphen.
func folderOf(d *experiment.Definition) string { return strings.ReplaceAll(d.Name, "-", "") }

func upToDate(t *testing.T, path, want string, mode os.FileMode) {
	t.Helper()
	if os.Getenv("NRKERN_UPDATE") != "" {
		if err := errors.Join(os.WriteFile(path, []byte(want), mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the definition says (%v): NRKERN_UPDATE=1 go test ./experiments", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o111 != mode&0o111 {
		t.Errorf("%s has mode %v", path, info.Mode())
	}
}

func script(d *experiment.Definition) string {
	return fmt.Sprintf(`#!/usr/bin/env bash
# Runs this experiment alone, from a checkout: experiments/%s/run.sh --scale smoke
set -euo pipefail
make --no-print-directory -C "$(dirname "${BASH_SOURCE[0]}")/../.." build >&2
exec "$(dirname "${BASH_SOURCE[0]}")/../../bin/nrkern" run %s "$@"
`, folderOf(d), d.Name)
}

func readme(d *experiment.Definition) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n**Claim.** %s\n\n**Source.** %s.\n\n", d.Name, d.Title, d.Claim, d.Source)
	fmt.Fprintf(&b, "```\nnrkern run %s --scale quick --out results/%s     # or ./run.sh --scale quick\n```\n\n", d.Name, d.Name)
	b.WriteString("| scale | ends |\n|---|---|\n")
	for _, s := range experiment.Scales() {
		fmt.Fprintf(&b, "| %s | %s |\n", s, s.Time())
	}
	fmt.Fprintf(&b, "\n## How it is measured\n\n%s\n\n", d.Method)
	b.WriteString("| in `data.csv` | |\n|---|---|\n")
	for _, c := range d.Factors {
		fmt.Fprintf(&b, "| `%s` | varied: %s |\n", c.Name, c.Label)
	}
	for _, c := range d.Metrics {
		fmt.Fprintf(&b, "| `%s` | measured: %s |\n", c.Name, c.Label)
	}
	b.WriteString("\n## What is expected\n\nWritten down before the first run, and checked by code.\n\n")
	for i, s := range d.Shapes {
		fmt.Fprintf(&b, "%d. %s.%s\n   *Source: %s.*\n", i+1, s.Text, conditions(s), s.Source)
	}
	return b.String()
}

// conditions says where a shape is judged.
func conditions(s shape.Shape) string {
	var needs, all []string
	for _, c := range []struct {
		n    int
		what string
	}{{s.Needs.Nodes, "NUMA nodes"}, {s.Needs.Caches, "last-level caches"}, {s.Needs.CPUs, "CPUs"}, {s.Needs.Threads, "threads of one core"}} {
		if c.n > 0 {
			needs = append(needs, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if needs != nil {
		all = append(all, "on machines with "+strings.Join(needs, " and "))
	}
	if s.Placement != "" {
		all = append(all, "by samples whose CPUs have this placement: "+s.Placement.Words())
	}
	if all == nil {
		return ""
	}
	return " (Judged " + strings.Join(all, ", ") + ".)"
}

// TestArtifact: ARTIFACT.md lists what the definitions say. NRKERN_UPDATE=1 writes
// it.
func TestArtifact(t *testing.T) {
	upToDate(t, filepath.Join("..", "ARTIFACT.md"), artifact(), 0o644)
}

// measured is how long an experiment took in the run that docs/ holds.
func measured(d *experiment.Definition) (took time.Duration, minutes string) {
	f, err := results.Open(filepath.Join("..", "docs", "results", d.Name))
	if err != nil {
		return 0, "not known"
	}
	took = f.Manifest.Ended.Sub(f.Manifest.Began)
	return took, fmt.Sprintf("%.1f", took.Minutes())
}

func artifact() string {
	var b strings.Builder
	b.WriteString(`# Artifact

What this repository claims, how each claim is checked, and what that takes: for
those who evaluate it, as artifact evaluations ask. This file is made from the
experiments' definitions; ` + "`go test ./experiments`" + ` holds it to them.

## Getting started

Linux 5.14 or later on x86-64, Go 1.26, git, make; two CPUs or more.
Root is needed for hugepages (without them the segment is on ordinary pages, and
says so) and for probe-cost. No network after the build.

` + "```" + `
make build                                               # bin/nrkern
bin/nrkern doctor                                        # what this machine can do, and what would make it better
bin/nrkern run --all --scale smoke --out results/smoke   # everything works (40 s on two CPUs); nothing timed is judged
` + "```" + `

## Reproducing the results

` + "```" + `
bin/nrkern run --all --scale quick --out results/quick   # judged; --resume after a break
bin/nrkern run --all --scale full --out results/full     # for publication, on a machine that does nothing else
bin/nrkern run traffic --out results/quick/traffic       # or one at a time
bin/nrkern report results/quick                          # and one page for all: results/quick/report.html
bin/nrkern compare results/quick results/other           # two runs side by side
` + "```" + `

An experiment has a limit of time: at smoke ` + experiment.Smoke.Budget().Limit.String() + `, at quick ` + experiment.Quick.Budget().Limit.String() + `; the
repetition that runs then is finished. At full there is none: that scale has not
been run yet, and how long it takes is not known.

The exit status is 4 if a shape FAILED. A shape that needs more nodes, caches or
CPUs than the machine has is not judged there, and the report says what it needs.
Each experiment leaves a folder: ` + "`manifest.json`" + ` (machine, versions, noise),
` + "`data.csv`" + ` (every sample), ` + "`summary.json`" + `, ` + "`bench.txt`" + ` (for benchstat), the
figures as SVG and PNG, and ` + "`report.html`" + `.

## Claims

`)
	b.WriteString("| experiment | claim | command | minutes | expected shapes |\n|---|---|---|--:|--:|\n")
	var all time.Duration
	for _, d := range All() {
		took, minutes := measured(d)
		all += took
		fmt.Fprintf(&b, "| [%s](experiments/%s/README.md) | %s | `nrkern run %s --scale quick` | %s | %d |\n",
			d.Name, folderOf(d), d.Claim, d.Name, minutes, len(d.Shapes))
	}
	fmt.Fprintf(&b, "\nThe minutes are those of the run in [docs/results.md](docs/results.md), on two CPUs: %.0f in all, in 400 MiB of memory at the most (oversubscription).\n", all.Minutes())
	b.WriteString("\n## What is expected\n\nWith the source of each expectation in the experiment's README. They were written down\nbefore the first run that judges, and are checked by code.\n\n")
	for _, d := range All() {
		fmt.Fprintf(&b, "**%s**\n\n", d.Name)
		for i, s := range d.Shapes {
			fmt.Fprintf(&b, "%d. %s.%s\n", i+1, s.Text, conditions(s))
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
