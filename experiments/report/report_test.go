package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// TestCharts: a chart has a point for each cell, gaps where nothing was measured,
// and says where it had to show another placement; figures without data are
// left out.
func TestCharts(t *testing.T) {
	all := Charts(folder(t))
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "first log zero bars words heat" {
		t.Errorf("charts: %s", got)
	}
	first := all[0]
	if len(first.Series) != 3 || first.Series[1].Name != "multikernel" || first.Series[1].Points[2] != nil || first.Series[1].Points[3] == nil {
		t.Errorf("%+v", first.Series)
	}
	if len(first.Elsewhere) != 1 || !strings.Contains(first.Elsewhere[0], "at 100: far apart") {
		t.Errorf("elsewhere: %q", first.Elsewhere)
	}
	if heat := all[5]; len(heat.Series) != 2 || heat.Series[0].Points[1].Median != 0.1 {
		t.Errorf("heat map: %+v", heat.Series)
	}
}

// TestVariantsKeepTheirInk in all charts, also where others are missing.
func TestVariantsKeepTheirInk(t *testing.T) {
	f := folder(t)
	f.Manifest.Figures[0].Variants = []string{"multikernel"}
	all := Charts(f)
	if a, b := all[0].Series[0], all[3].Series[1]; a.Name != "multikernel" || b.Name != a.Name || a.ink != b.ink {
		t.Errorf("%+v, %+v", a, b)
	}
}

// TestFiles: the plots are well-formed pictures, and the samples read back as
// benchmarks, each placement apart.
func TestFiles(t *testing.T) {
	dir, f := t.TempDir(), folder(t)
	if err := Files(dir, f); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plot", "plot-log", "plot-zero", "plot-bars", "plot-words", "plot-heat"} {
		picture, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(picture); err != nil {
			t.Errorf("%s.png: %v", name, err)
		}
		_ = picture.Close()
		text, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s.svg: %v", name, err)
			}
		}
	}
	bench, err := os.Open(filepath.Join(dir, results.BenchFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bench.Close() }()
	count, placements := 0, map[string]int{}
	for r := benchfmt.NewReader(bench, "bench.txt"); r.Scan(); {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			t.Fatalf("%v", r.Result())
		}
		count++
		placements[result.GetConfig("placement")]++
		if count == 1 {
			rate, ok := result.Value("ops/s")
			if name := string(result.Name); !ok || rate < 1e6 || name != "TwoWords/writes_percent=0/window=1/variant=nr" {
				t.Errorf("%s: %v ops/s", name, rate)
			}
		}
	}
	if count != len(f.Table.Rows) || placements["far"] != 6 {
		t.Errorf("%d benchmarks of %d rows, %v", count, len(f.Table.Rows), placements)
	}
}

// TestOneValueOnALogarithmicAxis: it is drawn, whatever it is.
func TestOneValueOnALogarithmicAxis(t *testing.T) {
	for _, e := range []measure.Estimate{{Median: 1, Low: 1, High: 1, Samples: 1}, {Median: 0, Low: 0, High: 0, Samples: 1}, {Median: 1e7, Low: 9e6, High: 2e7, Samples: 1}} {
		c := Chart{
			Figure: results.Figure{Name: "one", Kind: results.Lines, LogX: true, LogY: true}, Values: []string{"1"}, Numeric: true,
			Series: []Series{{Name: "a", Points: []*measure.Estimate{&e}}},
		}
		if _, err := svgOf(c); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

// TestNothingMeasured makes a folder all the same.
func TestNothingMeasured(t *testing.T) {
	f := folder(t)
	f.Table.Rows, f.Summary = nil, results.Summary{}
	dir := t.TempDir()
	if err := Files(dir, f); err != nil {
		t.Fatal(err)
	}
	if page, err := os.ReadFile(filepath.Join(dir, results.ReportFile)); err != nil || !strings.Contains(string(page), "Nothing was measured") {
		t.Error(err)
	}
}

// pageText is the page of one folder, or of two.
func pageOfTest(t *testing.T, folders ...*results.Folder) string {
	t.Helper()
	var b bytes.Buffer
	if err := Page(&b, "Title <of> it", folders); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// fetched are the ways in which a page loads something.
var fetched = regexp.MustCompile(`(?i)(src|href)=["']?([^"'#> ]*)|@import|url\(([^)]*)\)|fetch\(|XMLHttpRequest`)

// TestPageIsSelfContained: nothing in it is loaded from anywhere, what a folder
// says cannot leave its place, and all that it must show is there.
func TestPageIsSelfContained(t *testing.T) {
	text := pageOfTest(t, folder(t), folder(t))
	for _, m := range fetched.FindAllStringSubmatch(text, -1) {
		if m[2] != "data:," && m[2] != "" || m[3] != "" || m[1] == "" {
			t.Errorf("the page loads %q", m[0])
		}
	}
	if strings.Contains(text, `</script><b title`) || strings.Contains(text, "a claim <i>") || strings.Contains(text, "<of>") {
		t.Error("a name of the folder became markup")
	}
	for _, want := range []string{
		"a claim &lt;i&gt;", "a source", "a method", "its source", "its text", "shape that is FAILED", `class="failed"`,
		"a warning", "machine nr", "The MIT License", `href="#e2-two-words"`, `<td style="background:#`, "not measured", "<noscript><svg",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestPageOfAnInterruptedRun says so.
func TestPageOfAnInterruptedRun(t *testing.T) {
	f := folder(t)
	f.Manifest.Status, f.Manifest.Error, f.Manifest.Scale = results.Interrupted, "a signal came", "smoke"
	text := pageOfTest(t, f)
	for _, want := range []string{"was <strong>interrupted</strong> after 66 samples: a signal came", "At the scale smoke too few"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
