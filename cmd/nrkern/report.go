package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/experiments/report"
	"github.com/nrkern/nrkern/experiments/results"
)

// madeReport is what `nrkern report -o json` prints.
type madeReport struct {
	Page    string   `json:"page"`
	Folders []string `json:"folders"`
	// Unwritten are the places of a Markdown page that nobody has written for.
	Unwritten []string `json:"unwritten"`
}

func newReport(s *session) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "report FOLDER...", Short: "Make the page of results folders anew, or one page for many",
		Long: `Write one self-contained page for results folders, or for folders of them: each
experiment with its claim, what was expected and what came, figures, provenance.
The page needs no network. For one results folder its plots and bench.txt are made
anew as well.

If --out ends with .md the page is Markdown, to keep in a repository: it refers to
the SVGs of the folders, and has a place for an explanation under each experiment
and each shape that did not hold. What somebody wrote there stays when the page is
made again.

So an experiment at a time can be run into folders below one, and read as one:

  nrkern run hashmap --out results/quick/hashmap
  nrkern run traffic --out results/quick/traffic
  nrkern report results/quick
  nrkern report results/quick --out results/quick/results.md`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{text: "report: name a results folder, or a folder of them", command: cmd.CommandPath()}
			}
			made, err := s.makeReport(args, out)
			if errors.Is(err, results.ErrFolder) || errors.Is(err, report.ErrByHand) {
				return &usageError{text: "report: " + err.Error()}
			}
			if err != nil {
				return err
			}
			for _, place := range made.Unwritten {
				fmt.Fprintf(s.err, "nothing is written by hand yet for %q\n", place)
			}
			return s.print(result{
				data:  made,
				table: func(w io.Writer) error { _, err := fmt.Fprintln(w, made.Page); return err },
				csv:   func() [][]string { return [][]string{{"page"}, {made.Page}} },
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file of the page, Markdown if it ends with .md (default report.html in the first folder)")
	return cmd
}

// makeReport writes the page of folders.
func (s *session) makeReport(paths []string, out string) (madeReport, error) {
	made := madeReport{Page: out, Folders: []string{}, Unwritten: []string{}}
	var all []*results.Folder
	for _, p := range paths {
		below, err := results.Below(p)
		if err != nil {
			return made, err
		}
		all = append(all, s.inOrder(below)...)
	}
	for _, f := range all {
		made.Folders = append(made.Folders, f.Path)
	}
	title := "Results"
	if len(all) == 1 {
		title = all[0].Manifest.Title
	}
	if filepath.Ext(out) == ".md" {
		missing, err := report.MarkdownFile(out, title, all)
		made.Unwritten = append(made.Unwritten, missing...)
		return made, err
	}
	if len(all) == 1 {
		if err := report.Files(all[0].Path, all[0]); err != nil {
			return made, err
		}
	}
	if made.Page == "" {
		made.Page = filepath.Join(paths[0], results.ReportFile)
	}
	return made, report.PageFile(made.Page, title, all)
}

// inOrder sorts folders as the experiments are listed; what is not of them comes
// last.
func (s *session) inOrder(folders []*results.Folder) []*results.Folder {
	place := map[string]int{}
	for i, d := range s.catalogue() {
		place[d.Name] = i - len(s.catalogue())
	}
	slices.SortStableFunc(folders, func(a, b *results.Folder) int {
		return cmp.Compare(place[a.Manifest.Experiment], place[b.Manifest.Experiment])
	})
	return folders
}
