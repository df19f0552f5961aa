package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/experiments/report"
	"github.com/nrkern/nrkern/experiments/results"
)

// TestResultsPage: docs/results.md is what its samples give, and every shape that
// FAILED in it is explained.
func TestResultsPage(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	page, err := os.ReadFile(filepath.Join(docs, "results.md"))
	if err != nil {
		t.Fatal(err)
	}
	hand, err := report.ReadByHand(string(page))
	if err != nil {
		t.Fatal(err)
	}
	folders, err := results.Below(filepath.Join(docs, "results"))
	if err != nil {
		t.Fatal(err)
	}
	folders = newSession(nil, io.Discard, io.Discard).inOrder(folders)
	var again strings.Builder
	if err := report.Markdown(&again, "Results", docs, folders, hand); err != nil {
		t.Fatal(err)
	}
	if again.String() != string(page) {
		t.Error("docs/results.md is not what docs/results gives: make page")
	}
	for _, f := range folders {
		for _, v := range f.Summary.Verdicts {
			if place := report.Place(f.Manifest.Experiment, v); v.Outcome == results.Failed && !hand.Has(place) {
				t.Errorf("nothing in docs/results.md says why this FAILED: %s", place)
			}
		}
		for i, c := range report.Charts(f) {
			if _, err := os.Stat(filepath.Join(f.Path, report.PlotName(i, c)+".svg")); errors.Is(err, os.ErrNotExist) {
				t.Errorf("docs/results.md refers to a figure that is not there: %v", err)
			}
		}
	}
}
