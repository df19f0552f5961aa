package results

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The files of a folder.
const (
	ManifestFile = "manifest.json"
	DataFile     = "data.csv"
	SummaryFile  = "summary.json"
	BenchFile    = "bench.txt"
	ReportFile   = "report.html"
)

// ErrExists is the error of a folder that is there already.
var ErrExists = errors.New("is there already")

// Writer makes a results folder: aside, until it is renamed.
type Writer struct {
	path, aside string
	data        *os.File
	rows        *csv.Writer
}

// Free fails with ErrExists if something is where a folder is to be; an empty
// folder is nothing.
func Free(path string) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return unwritable(path, err)
	case len(entries) > 0:
		return fmt.Errorf("results folder %s %w: name another with --out, or remove it", path, ErrExists)
	}
	return nil
}

// NewWriter begins a folder of a table's columns. It does not touch path before
// Close.
func NewWriter(path string, t *Table) (*Writer, error) {
	if err := Free(path); err != nil {
		return nil, err
	}
	path = filepath.Clean(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, unwritable(path, err)
	}
	aside, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".partial-*")
	if err != nil {
		return nil, unwritable(path, err)
	}
	w := &Writer{path: path, aside: aside}
	if err := os.Chmod(aside, 0o755); err != nil {
		return nil, errors.Join(err, w.Abandon())
	}
	if w.data, err = os.Create(filepath.Join(aside, DataFile)); err != nil {
		return nil, errors.Join(err, w.Abandon())
	}
	w.rows = csv.NewWriter(w.data)
	if err := w.write(t.header()); err != nil {
		return nil, errors.Join(err, w.Abandon())
	}
	return w, nil
}

func unwritable(path string, err error) error {
	return fmt.Errorf("results folder %s cannot be made: %w: name another with --out", path, err)
}

func (w *Writer) write(record []string) error {
	if err := w.rows.Write(record); err != nil {
		return err
	}
	w.rows.Flush()
	return w.rows.Error()
}

// Add appends a row to the data.
func (w *Writer) Add(r *Row) error { return w.write(r.record()) }

// JSON writes a file of the folder.
func (w *Writer) JSON(name string, v any) error {
	f, err := os.Create(filepath.Join(w.aside, name))
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return errors.Join(e.Encode(v), f.Close())
}

// Aside is where the folder lies until Close.
func (w *Writer) Aside() string { return w.aside }

// Close gives the folder its name. An empty folder of that name gives way.
func (w *Writer) Close() error {
	if err := w.data.Close(); err != nil {
		return errors.Join(err, w.Abandon())
	}
	if err := Free(w.path); err != nil {
		return fmt.Errorf("%w; what was measured is in %s", err, w.aside)
	}
	// An empty one is in the way; what is not there is not.
	_ = os.Remove(w.path)
	return os.Rename(w.aside, w.path)
}

// Abandon removes what was written.
func (w *Writer) Abandon() error {
	if w.data != nil {
		_ = w.data.Close()
	}
	return os.RemoveAll(w.aside)
}
