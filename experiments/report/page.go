package report

import (
	_ "embed" // the parts of the page
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
)

// The parts of the page. uPlot is version 1.6.32 of its npm package, unchanged.
var (
	//go:embed assets/page.html
	pageText string
	//go:embed assets/page.css
	pageStyle string
	//go:embed assets/page.js
	pageScript string
	//go:embed assets/uPlot.iife.min.js
	uPlotScript string
	//go:embed assets/uPlot.min.css
	uPlotStyle string
	//go:embed assets/LICENSE.uPlot
	uPlotLicense string
)

// page is what the template shows.
type page struct {
	Title, Subtitle   string
	Style, UPlotStyle template.CSS
	Script, UPlot     template.JS
	License           string
	Folders           []pageFolder
}

type pageFolder struct {
	M                              results.Manifest
	S                              results.Summary
	Anchor                         string
	Smoke                          bool
	Held, Failed, Noisy, NotJudged int
	Charts                         []pageChart
	Facts                          [][2]string
}

// pageChart is a chart with what the page draws it from.
type pageChart struct {
	Chart
	Data      template.JS
	Picture   template.HTML
	low, high float64
}

// Shade is the style of a cell of a heat map.
func (c pageChart) Shade(v float64) template.CSS {
	shade := shadeOf(v, c.low, c.high)
	ink, paper := "#1b1f24", heatColor(shade)
	if shade > 0.5 {
		ink = "#fff"
	}
	return template.CSS(fmt.Sprintf("background:#%02x%02x%02x;color:%s", paper.R, paper.G, paper.B, ink))
}

// Page writes one self-contained page for folders.
func Page(w io.Writer, title string, folders []*results.Folder) error {
	p := page{
		Title: title, Style: template.CSS(pageStyle), UPlotStyle: template.CSS(uPlotStyle),
		Script: template.JS(pageScript), UPlot: template.JS(uPlotScript), License: uPlotLicense,
	}
	p.Subtitle = "nrkern results"
	for i, f := range folders {
		one, err := pageOf(f, fmt.Sprintf("e%d-%s", i+1, f.Manifest.Experiment))
		if err != nil {
			return fmt.Errorf("page of %s: %w", f.Path, err)
		}
		p.Folders = append(p.Folders, one)
	}
	if len(folders) > 0 {
		m := folders[0].Manifest
		p.Subtitle = fmt.Sprintf("nrkern %s, scale %s, %s; %d usable CPUs on %s, %s", m.Version, m.Scale, m.Began.UTC().Format("2 January 2006 15:04 UTC"), m.Host.CPUs, nodesText(m.Host.Nodes), m.Host.CPU)
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"significant": significant, "join": strings.Join, "outcomeClass": outcomeClass,
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

func nodesText(n int) string {
	if n == 1 {
		return "1 NUMA node"
	}
	return fmt.Sprintf("%d NUMA nodes", n)
}

func outcomeClass(o results.Outcome) string {
	switch o {
	case results.Held:
		return "held"
	case results.Failed:
		return "failed"
	case results.Noisy:
		return "noise"
	}
	return "none"
}

// summaryOf is what a page says of a folder, but for its charts.
func summaryOf(f *results.Folder) pageFolder {
	s := f.Summary
	return pageFolder{
		M: f.Manifest, S: s, Smoke: f.Manifest.Scale == "smoke",
		Held: s.Count(results.Held), Failed: s.Count(results.Failed), Noisy: s.Count(results.Noisy), NotJudged: s.Count(results.NotJudged),
		Facts: factsOf(f.Manifest),
	}
}

func pageOf(f *results.Folder, anchor string) (pageFolder, error) {
	p := summaryOf(f)
	p.Anchor = anchor
	for _, c := range Charts(f) {
		one := pageChart{Chart: c}
		one.low, one.high = rangeOf(c)
		if c.Kind != results.Heat {
			data, err := json.Marshal(dataOf(c))
			if err != nil {
				return p, err
			}
			one.Data = template.JS(data)
			picture, err := svgOf(c)
			if err != nil {
				return p, err
			}
			one.Picture = template.HTML(picture)
		}
		p.Charts = append(p.Charts, one)
	}
	return p, nil
}

// chartData is what the script of the page draws.
type chartData struct {
	XLabel  string       `json:"xLabel"`
	YLabel  string       `json:"yLabel"`
	LogX    bool         `json:"logX"`
	LogY    bool         `json:"logY"`
	Bars    bool         `json:"bars"`
	Numeric bool         `json:"numeric"`
	Values  []string     `json:"values"`
	Series  []seriesData `json:"series"`
}

type seriesData struct {
	Name   string     `json:"name"`
	Color  string     `json:"color"`
	Dash   []int      `json:"dash,omitempty"`
	Median []*float64 `json:"median"`
	Low    []*float64 `json:"low"`
	High   []*float64 `json:"high"`
}

func dataOf(c Chart) chartData {
	d := chartData{
		XLabel: c.XLabel, YLabel: c.YLabel, LogX: c.LogX, LogY: c.LogY && positive(c), Bars: c.Kind == results.Bars,
		Numeric: c.Numeric, Values: c.Values, Series: []seriesData{},
	}
	for _, s := range c.Series {
		ink := inkOf(s.ink)
		one := seriesData{Name: s.Name, Color: fmt.Sprintf("#%02x%02x%02x", ink.R, ink.G, ink.B), Dash: [][]int{nil, {8, 4}, {3, 3}}[dashOf(s.ink)]}
		for _, e := range s.Points {
			if e == nil {
				one.Median, one.Low, one.High = append(one.Median, nil), append(one.Low, nil), append(one.High, nil)
				continue
			}
			one.Median, one.Low, one.High = append(one.Median, &e.Median), append(one.Low, &e.Low), append(one.High, &e.High)
		}
		d.Series = append(d.Series, one)
	}
	return d
}

// factsOf lists where numbers come from.
func factsOf(m results.Manifest) [][2]string {
	optional := func(v *float64, unit string) string {
		if v == nil {
			return "not measured (Linux does not say)"
		}
		return significant(*v) + unit
	}
	revision := "not recorded by the build"
	if m.Revision != nil {
		revision = *m.Revision
		if m.Modified != nil && *m.Modified {
			revision += ", modified"
		}
	}
	var placements []string
	for _, p := range slices.Sorted(maps.Keys(m.Noise.Placements)) {
		placements = append(placements, fmt.Sprintf("%s %d", p, m.Noise.Placements[p]))
	}
	facts := [][2]string{
		{"command", strings.Join(m.Args, " ")},
		{"version", m.Version + ", revision " + revision},
		{"run", fmt.Sprintf("%s, took %v", m.Began.UTC().Format(time.RFC3339), m.Ended.Sub(m.Began).Round(time.Second))},
		{"samples", fmt.Sprintf("%d of %v each after %v of warm-up; %d of %d repetitions; seed %d", m.SamplesTaken, m.Duration, m.Warmup, m.RepetitionsDone, m.RepetitionsPlanned, m.Seed)},
		{"CPU", fmt.Sprintf("%s, %d usable, %d last-level caches, SMT %s", m.Host.CPU, m.Host.CPUs, m.Host.Caches, m.Host.Tuning.SMT)},
		{"system", fmt.Sprintf("Linux %s, %s, clock %s, %s of memory", m.Host.Linux, m.Host.Go, m.Host.Clock, gibibytes(m.Host.Memory))},
		{"topology", m.Host.Topology},
		{"placement", strings.Join(placements, ", ") + fmt.Sprintf("; %d left out because it changed", m.Noise.Moved)},
		{"noise", fmt.Sprintf("other programs used %s of the CPUs' time, %s just before and %s just after; stolen by the host: %s", optional(m.Noise.Others, " %"), optional(m.Noise.BusyBefore, " %"), optional(m.Noise.BusyAfter, " %"), optional(m.Noise.Steal, " %"))},
	}
	for _, x := range m.Machines {
		pages := "pages of 4 KiB"
		if x.Hugepages {
			pages = "pages of 2 MiB"
		}
		facts = append(facts, [2]string{"machine " + x.Name, fmt.Sprintf("%s, %s, waits: %s", x.Topology, pages, x.Policy)})
	}
	return facts
}

func gibibytes(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) }
