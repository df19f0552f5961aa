package results

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nrkern/nrkern/measure"
)

// sampleTable has two variants at two points, one value that was not measured,
// and one sample whose placement changed.
func sampleTable() *Table {
	t := &Table{
		Factors: []Column{{Name: "writes_percent", Label: "writes, %"}},
		Metrics: []Column{{Name: "ops_per_s", Label: "operations a second"}, {Name: "latency_ns", Label: "latency", Lower: true}},
	}
	add := func(variant, at string, value, latency float64, p measure.Placement) {
		t.Rows = append(t.Rows, Row{
			Variant: variant, Factors: []string{at}, Values: []float64{value, latency}, Repetition: len(t.Rows),
			Placement: p, Before: 80 * time.Nanosecond, After: 81 * time.Nanosecond,
		})
	}
	add("a, quoted", "0", 1e6, 12.5, measure.SameL3)
	add("a, quoted", "0", 2e6, math.NaN(), measure.SameL3)
	add("a, quoted", "0", 9e9, 1, measure.Changed)
	add("b", "100", 3e6, 7, measure.Far)
	return t
}

func write(t *testing.T, path string, table *Table, m Manifest) {
	t.Helper()
	w, err := NewWriter(path, table)
	if err != nil {
		t.Fatal(err)
	}
	for i := range table.Rows {
		if err := w.Add(&table.Rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	m.Factors, m.Metrics = table.Factors, table.Metrics
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there before Close", path)
	}
	err = errors.Join(w.JSON(ManifestFile, m), w.JSON(SummaryFile, Summary{Experiment: m.Experiment, Cells: table.Summarize()}), w.Close())
	if err != nil {
		t.Fatal(err)
	}
}

// TestFolder: what was written is read again, nothing is left aside, and what is
// there is not written over.
func TestFolder(t *testing.T) {
	path, table := filepath.Join(t.TempDir(), "deep", "results"), sampleTable()
	write(t, path, table, Manifest{Format: Format, Experiment: "x"})
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(table, f.Table, cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
	if got := f.Summary.Cells[0].Metrics["latency_ns"]; got.Samples != 1 || got.Median != 12.5 {
		t.Errorf("latency of a cell with one measured value: %+v", got)
	}
	if got := f.Summary.Cells[0].Metrics["ops_per_s"]; got.Samples != 2 || got.Median != 1.5e6 {
		t.Errorf("a sample whose placement changed counts: %+v", got)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the folder: %v, %v", entries, err)
	}
	if _, err := NewWriter(path, table); !errors.Is(err, ErrExists) {
		t.Errorf("a second run into the folder: %v", err)
	}
}

// TestWriterAbandoned leaves nothing, and a folder that came up meanwhile keeps
// what it has.
func TestWriterAbandoned(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "results")
	w, err := NewWriter(path, sampleTable())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abandon(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	if w, err = NewWriter(path, sampleTable()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "theirs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), w.Aside()) {
		t.Errorf("want ErrExists and where the samples are, got %v", err)
	}
}

// TestDamagedFolders are refused, each with what is wrong with it.
func TestDamagedFolders(t *testing.T) {
	for _, c := range []struct {
		name, file, text, want string
	}{
		{"no manifest", ManifestFile, "", "no such file"},
		{"manifest cut off", ManifestFile, `{"format": 1`, "unexpected end"},
		{"later format", ManifestFile, `{"format": 99}`, "its format is 99"},
		{"no summary", SummaryFile, "", "no such file"},
		{"no data", DataFile, "", "no such file"},
		{"other columns", DataFile, "variant,x\n", "its columns are"},
		{"a word for a number", DataFile, "variant,writes_percent,repetition,ops_per_s,latency_ns,placement,round_trip_before_ns,round_trip_after_ns\na,0,0,many,,far,,\n", "line 2: ops_per_s \"many\""},
		{"a short line", DataFile, "variant,writes_percent,repetition,ops_per_s,latency_ns,placement,round_trip_before_ns,round_trip_after_ns\na,0\n", "wrong number of fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "results")
			write(t, path, sampleTable(), Manifest{Format: Format})
			file := filepath.Join(path, c.file)
			err := os.Remove(file)
			if c.text != "" {
				err = os.WriteFile(file, []byte(c.text), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrFolder with %q", err, c.want)
			}
		})
	}
}

// TestBelow finds the folders of a run of several.
func TestBelow(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"b", "a"} {
		write(t, filepath.Join(root, name), sampleTable(), Manifest{Format: Format, Experiment: name})
	}
	all, err := Below(root)
	if err != nil || len(all) != 2 || all[0].Manifest.Experiment != "a" {
		t.Errorf("below: %v, %v", all, err)
	}
	if one, err := Below(filepath.Join(root, "b")); err != nil || len(one) != 1 {
		t.Errorf("a folder itself: %v, %v", one, err)
	}
	if _, err := Below(t.TempDir()); !errors.Is(err, ErrFolder) {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestNotMeasuredIsNotZero: in data.csv it is an empty field, in the manifest null.
func TestNotMeasuredIsNotZero(t *testing.T) {
	if r := sampleTable().Rows[1].record(); r[4] != "" {
		t.Errorf("a value that was not measured is %q in data.csv", r[4])
	}
	text, err := json.Marshal(Noise{})
	if err != nil || !strings.Contains(string(text), `"steal_percent":null`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestLead shows samples of the leading placement, and others where it has none.
func TestLead(t *testing.T) {
	table := sampleTable()
	if got := table.Leading(); got != measure.SameL3 {
		t.Errorf("leading placement: %s", got)
	}
	got := table.Lead(table.Cells())
	if len(got) != 2 || got[0].Placement != measure.SameL3 || got[1].Placement != measure.Far {
		t.Errorf("chosen: %+v", got)
	}
}
