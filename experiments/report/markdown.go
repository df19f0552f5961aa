package report

import (
	_ "embed" // the page
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
)

//go:embed assets/page.md
var markdownText string

// widest is how many values of X a table of numbers may have: a longer series is
// read from its figure, or from data.csv.
const widest = 10

// markdownPage is what the template shows.
type markdownPage struct {
	Title                          string
	Versions                       string // of nrkern, that measured
	Folders                        []markdownFolder
	Held, Failed, Noisy, NotJudged int
	Took                           time.Duration
	hand                           *ByHand
}

// ByHand returns the text that a person wrote for a place.
func (p *markdownPage) ByHand(place string) string { return p.hand.At(place) }

type markdownFolder struct {
	pageFolder
	Took time.Duration
	// Path is where the folder is, seen from the page.
	Path   string
	Charts []markdownChart
	// Explain are the verdicts to be explained by hand.
	Explain []results.Verdict
}

type markdownChart struct {
	Chart
	File    string
	Numbers bool // in a table
}

// Place is where a verdict is explained.
func Place(experiment string, v results.Verdict) string { return experiment + ": " + v.Shape }

// Markdown writes a page for folders that refers to their SVGs: one to keep in a
// repository. At is the folder in which the page will be; texts that a person
// wrote for the page are put in their places.
func Markdown(w io.Writer, title, at string, folders []*results.Folder, hand *ByHand) error {
	p, versions := &markdownPage{Title: title, hand: hand}, []string{}
	for _, f := range folders {
		one, err := markdownOf(f, at, hand)
		if err != nil {
			return fmt.Errorf("page of %s: %w", f.Path, err)
		}
		p.Folders = append(p.Folders, one)
		p.Held, p.Failed, p.Noisy, p.NotJudged = p.Held+one.Held, p.Failed+one.Failed, p.Noisy+one.Noisy, p.NotJudged+one.NotJudged
		p.Took += one.Took
		if !slices.Contains(versions, f.Manifest.Version) {
			versions = append(versions, f.Manifest.Version)
		}
	}
	p.Versions = strings.Join(versions, ", ")
	t, err := template.New("page").Funcs(template.FuncMap{
		"significant": significant, "cell": cellText, "place": Place,
		"seconds": func(d time.Duration) string { return d.Round(time.Second).String() },
		"minutes": func(d time.Duration) string { return fmt.Sprintf("%.1f minutes", d.Minutes()) },
		"nodes":   nodesText,
	}).Parse(markdownText)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

func markdownOf(f *results.Folder, at string, hand *ByHand) (markdownFolder, error) {
	m := markdownFolder{pageFolder: summaryOf(f), Took: f.Manifest.Ended.Sub(f.Manifest.Began)}
	path, err := relative(at, f.Path)
	if err != nil {
		return m, err
	}
	m.Path = path
	for i, c := range Charts(f) {
		m.Charts = append(m.Charts, markdownChart{Chart: c, File: path + "/" + PlotName(i, c) + ".svg", Numbers: len(c.Values) <= widest})
	}
	for _, v := range f.Summary.Verdicts {
		if v.Outcome == results.Failed || v.Outcome == results.Noisy || hand.Has(Place(f.Manifest.Experiment, v)) {
			m.Explain = append(m.Explain, v)
		}
	}
	return m, nil
}

// relative is a path as seen from a folder, with slashes.
func relative(from, to string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	path, err := filepath.Rel(from, to)
	return filepath.ToSlash(path), err
}

// cellText is text as a cell of a table may have it.
func cellText(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ", "*", `\*`).Replace(text)
}

// MarkdownFile makes the Markdown page of folders anew, or for the first time,
// with their SVGs. It returns the places that nobody has written for yet. A text
// by hand that has no place any more is an error, for it would be lost.
func MarkdownFile(path, title string, folders []*results.Folder) (missing []string, err error) {
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	hand, err := ReadByHand(string(before))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var page strings.Builder
	if err := Markdown(&page, title, filepath.Dir(path), folders, hand); err != nil {
		return nil, err
	}
	if lost := hand.Lost(); lost != nil {
		return nil, fmt.Errorf("%s: %w: %q has no place in the new page: take it out, or give it another place", path, ErrByHand, lost[0])
	}
	for _, f := range folders {
		for i, c := range Charts(f) {
			if err := Plot(f.Path, PlotName(i, c), c, ".svg"); err != nil {
				return nil, err
			}
		}
	}
	return hand.Missing(), replaceFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, page.String())
		return err
	})
}

// PageFile writes a page aside and gives it its name.
func PageFile(path, title string, folders []*results.Folder) error {
	return replaceFile(path, func(w io.Writer) error { return Page(w, title, folders) })
}

// replaceFile writes a file aside and gives it its name.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".partial-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w: name another file with --out", path, err)
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}
