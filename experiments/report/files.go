package report

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/nrkern/nrkern/experiments/results"
)

// Files writes everything but the data into a folder that is being written:
// bench.txt, the plots, report.html.
func Files(aside string, f *results.Folder) error {
	var bench, page bytes.Buffer
	if err := Bench(&bench, f); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(aside, results.BenchFile), bench.Bytes(), 0o644); err != nil {
		return err
	}
	if err := Figures(aside, Charts(f)); err != nil {
		return err
	}
	if err := Page(&page, f.Manifest.Title, []*results.Folder{f}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(aside, results.ReportFile), page.Bytes(), 0o644)
}
