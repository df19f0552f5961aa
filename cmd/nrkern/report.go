package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/experiments/report"
	"github.com/nrkern/nrkern/experiments/results"
)

// madeReport is what `nrkern report -o json` prints.
type madeReport struct {
	Page    string   `json:"page"`
	Folders []string `json:"folders"`
}

func newReport(s *session) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "report FOLDER...", Short: "Make the page of results folders anew, or one page for many",
		Long: `Write one self-contained page for results folders, or for folders of them: each
experiment with its claim, what was expected and what came, figures, provenance.
The page needs no network. For one results folder its plots and bench.txt are made
anew as well.

So an experiment at a time can be run into folders below one, and read as one:

  nrkern run hashmap --out results/quick/hashmap
  nrkern run traffic --out results/quick/traffic
  nrkern report results/quick`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{text: "report: name a results folder, or a folder of them", command: cmd.CommandPath()}
			}
			made, err := makeReport(args, out)
			if errors.Is(err, results.ErrFolder) {
				return &usageError{text: "report: " + err.Error()}
			}
			if err != nil {
				return err
			}
			return s.print(result{
				data:  made,
				table: func(w io.Writer) error { _, err := fmt.Fprintln(w, made.Page); return err },
				csv:   func() [][]string { return [][]string{{"page"}, {made.Page}} },
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file of the page (default report.html in the first folder)")
	return cmd
}

// makeReport writes the page of folders.
func makeReport(paths []string, out string) (madeReport, error) {
	made := madeReport{Page: out}
	var all []*results.Folder
	for _, p := range paths {
		below, err := results.Below(p)
		if err != nil {
			return made, err
		}
		all = append(all, below...)
	}
	for _, f := range all {
		made.Folders = append(made.Folders, f.Path)
	}
	title := "Experiments"
	if len(all) == 1 {
		title = all[0].Manifest.Title
		if err := report.Files(all[0].Path, all[0]); err != nil {
			return made, err
		}
	}
	if made.Page == "" {
		made.Page = filepath.Join(paths[0], results.ReportFile)
	}
	return made, writePage(made.Page, title, all)
}
