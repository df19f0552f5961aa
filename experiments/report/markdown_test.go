package report

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/experiments/results"
)

// saved makes a folder at a path that the fixture's figures can be written to.
func saved(t *testing.T, path string) *results.Folder {
	t.Helper()
	f := folder(t)
	f.Path = path
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestMarkdown: the page shows every shape with its verdict, refers to figures
// that are there, and has a place for what is to be explained.
func TestMarkdown(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "docs", "results.md")
	f := saved(t, filepath.Join(dir, "docs", "results", "two-words"))
	missing, err := MarkdownFile(page, "Results", []*results.Folder{f})
	if err != nil {
		t.Fatal(err)
	}
	want := "summary|two-words|two-words: shape that is FAILED|two-words: shape that is inside the noise"
	if got := strings.Join(missing, "|"); got != want {
		t.Errorf("places to write: %s, want %s", got, want)
	}
	text := read(t, page)
	for _, part := range []string{
		"# Results\n", "nrkern v1 at the scale quick", "took 1.0 minutes in all. Of their shapes 1 held, 1 FAILED, 1 are inside the noise, and 1 are not judged here",
		"| shape that is FAILED *(its source)* | its text | **FAILED** |", "a claim &lt;i>", `&lt;/script>`, "(results/two-words/data.csv)", "| warning | a warning |",
		"**Measured on a machine that others used:** other programs used 42 % of the CPUs' time",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	figures := regexp.MustCompile(`!\[.*\]\((.*)\)`).FindAllStringSubmatch(text, -1)
	if len(figures) != 6 {
		t.Errorf("figures: %q", figures)
	}
	for _, m := range figures {
		if svg := read(t, filepath.Join(filepath.Dir(page), m[1])); !strings.Contains(svg, "<svg") {
			t.Errorf("%s is no SVG", m[1])
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMarkdownKeepsTexts that people wrote, also of a shape that holds by now, and
// refuses to lose one.
func TestMarkdownKeepsTexts(t *testing.T) {
	dir := t.TempDir()
	page, f := filepath.Join(dir, "page.md"), saved(t, filepath.Join(dir, "two-words"))
	write := func(place, text string) {
		t.Helper()
		begin := handBegins + place + handCloses + "\n"
		before := read(t, page)
		if !strings.Contains(before, begin) {
			t.Fatalf("no place %q", place)
		}
		if err := os.WriteFile(page, []byte(strings.Replace(before, begin, begin+text+"\n", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	again := func() error {
		_, err := MarkdownFile(page, "Results", []*results.Folder{f})
		return err
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	write("summary", "In short.")
	write("two-words: shape that is FAILED", "Because.\n\nAnd so on.")
	f.Summary.Verdicts[1].Outcome = results.Held
	if err := again(); err != nil {
		t.Fatal(err)
	}
	before := read(t, page)
	if !strings.Contains(before, "In short.") || !strings.Contains(before, "**held: shape that is FAILED**") || !strings.Contains(before, "Because.\n\nAnd so on.") {
		t.Errorf("texts are gone from:\n%s", before)
	}
	f.Summary.Verdicts = f.Summary.Verdicts[2:]
	if err := again(); !errors.Is(err, ErrByHand) || !strings.Contains(err.Error(), `"two-words: shape that is FAILED" has no place`) {
		t.Errorf("a text that has no place: %v", err)
	}
	if read(t, page) != before {
		t.Error("the page was written all the same")
	}
}

// TestReadByHand: a page whose marks were damaged is refused.
func TestReadByHand(t *testing.T) {
	for page, want := range map[string]string{
		"<!-- by hand: a -->\ntext":                `"a" has no`,
		"<!-- by hand: a -->\n<!-- by hand: b -->": "line 2",
		"<!-- by hand: a\n":                        "line 1",
		"<!-- end -->":                             "ends nothing",
		"<!-- by hand: a -->\n<!-- end -->\n<!-- by hand: a -->\n<!-- end -->":                "two for",
		"<!-- by hand: a -->\n\n text \n\n<!-- end -->\nx\n<!-- by hand: b -->\n<!-- end -->": "",
	} {
		h, err := ReadByHand(page)
		switch {
		case want == "":
			if err != nil || !h.Has("a") || h.Has("b") || h.At("a") != "<!-- by hand: a -->\ntext\n<!-- end -->" {
				t.Errorf("%+v, %v", h, err)
			}
		case !errors.Is(err, ErrByHand) || !strings.Contains(err.Error(), want):
			t.Errorf("%q: %v, want %q", page, err, want)
		}
	}
}
