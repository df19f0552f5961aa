package report

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nrkern/nrkern/experiments/results"
)

// The size of a figure for a paper: a column and a half.
const (
	plotWidth  = 6 * vg.Inch
	plotHeight = 3.6 * vg.Inch
)

// Plot writes a figure to a file of each format (.svg, .png). Heat maps are drawn
// as rows of shaded cells with their numbers.
func Plot(folder, name string, c Chart, formats ...string) (err error) {
	defer named(c, &err)
	p, err := drawn(c)
	if err != nil {
		return err
	}
	for _, ext := range formats {
		if err := p.Save(plotWidth, plotHeight, filepath.Join(folder, name+ext)); err != nil {
			return err
		}
	}
	return nil
}

// named names the figure in an error. The library panics at what it cannot draw;
// that is an error too, and the samples are worth more than the figure.
func named(c Chart, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("cannot be drawn: %v", p)
	}
	if *err != nil {
		*err = fmt.Errorf("plot %s: %w", c.Name, *err)
	}
}

// svgOf returns a figure as an element of a page.
func svgOf(c Chart) (element string, err error) {
	defer named(c, &err)
	p, err := drawn(c)
	if err != nil {
		return "", err
	}
	w, err := p.WriterTo(plotWidth, plotHeight, "svg")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := w.WriteTo(&b); err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(b.String(), "<svg")
	if !found {
		return "", errors.New("no SVG")
	}
	return "<svg" + rest, nil
}

// drawn draws a figure.
func drawn(c Chart) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = c.Title
	p.Title.TextStyle.Font.Size = 11
	p.X.Label.Text, p.Y.Label.Text = c.XLabel, c.YLabel
	p.Legend.Top = true
	p.Legend.TextStyle.Font.Size = 8
	draw := linePlot
	if c.Kind == results.Heat {
		draw = heatPlot
	}
	return p, draw(p, c)
}

// linePlot draws lines, or bars as points with whiskers over named places: a
// reader compares heights and intervals either way.
func linePlot(p *plot.Plot, c Chart) error {
	places := placesOf(c)
	if !c.Numeric || c.Kind == results.Bars {
		p.NominalX(c.Values...)
	}
	if c.LogX && c.Numeric && c.Kind != results.Bars {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.ConstantTicks(ticksAt(places, c.Values))
	}
	if c.LogY && positive(c) {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	} else {
		p.Y.Min = 0
		p.Y.Tick.Marker = shortTicks{}
	}
	for i, s := range c.Series {
		var points plotter.XYs
		var low plotter.YErrors
		for j, e := range s.Points {
			if e == nil {
				continue
			}
			points = append(points, plotter.XY{X: places[j] + offset(c, i), Y: e.Median})
			low = append(low, struct{ Low, High float64 }{e.Median - e.Low, e.High - e.Median})
		}
		bars, err := plotter.NewYErrorBars(struct {
			plotter.XYer
			plotter.YErrorer
		}{points, low})
		if err != nil {
			return err
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		ink := inkOf(s.ink)
		line.Color, dots.Color, bars.Color = ink, ink, ink
		line.Width, bars.Width = vg.Points(1.2), vg.Points(0.7)
		bars.CapWidth = vg.Points(3)
		line.Dashes = dashesOf(s.ink)
		dots.Shape, dots.Radius = shapeOf(s.ink), vg.Points(2.4)
		if c.Kind == results.Bars || !c.Numeric {
			p.Add(bars, dots)
			p.Legend.Add(s.Name, dots)
			continue
		}
		p.Add(bars, line, dots)
		p.Legend.Add(s.Name, line, dots)
	}
	p.Y.Max *= 1 + 0.05*float64(len(c.Series)) // room for the legend
	widen(&p.X)
	widen(&p.Y)
	return nil
}

// widen gives a logarithmic axis of one value a width. The library would take 1
// off on either side, and a logarithm has no place for 0.
func widen(a *plot.Axis) {
	if _, log := a.Scale.(plot.LogScale); log && a.Max-a.Min < 1e-9*a.Max {
		a.Min, a.Max = a.Min/2, a.Max*2
	}
}

// offset sets the bars of one group side by side.
func offset(c Chart, series int) float64 {
	if c.Kind != results.Bars || len(c.Series) < 2 {
		return 0
	}
	return 0.6 * (float64(series)/float64(len(c.Series)-1) - 0.5)
}

// placesOf returns where the values of X lie on the axis.
func placesOf(c Chart) []float64 {
	places := make([]float64, len(c.Values))
	for i, v := range c.Values {
		places[i] = float64(i)
		if c.Numeric && c.Kind != results.Bars {
			places[i] = number(v)
		}
	}
	return places
}

func ticksAt(places []float64, names []string) []plot.Tick {
	var ticks []plot.Tick
	for i, at := range places {
		ticks = append(ticks, plot.Tick{Value: at, Label: names[i]})
	}
	return ticks
}

func positive(c Chart) bool {
	for _, s := range c.Series {
		for _, e := range s.Points {
			if e != nil && (e.Low <= 0 || math.IsNaN(e.Low)) {
				return false
			}
		}
	}
	return true
}

// palette is told apart by people who see few colours, and in grey by shape and
// dash (after Okabe and Ito, 2008).
var palette = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff},
	{0xd5, 0x5e, 0x00, 0xff},
	{0x00, 0x9e, 0x73, 0xff},
	{0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff},
	{0x56, 0xb4, 0xe9, 0xff},
	{0x55, 0x55, 0x55, 0xff},
	{0x8c, 0x56, 0x4b, 0xff},
	{0x94, 0x67, 0xbd, 0xff},
	{0x17, 0x7e, 0x89, 0xff},
	{0xa0, 0xa0, 0x20, 0xff},
	{0x20, 0x20, 0x20, 0xff},
}

func inkOf(i int) color.RGBA { return palette[i%len(palette)] }

// dashOf numbers the dashes: two series of one colour have different ones.
func dashOf(i int) int { return (i/4 + i/len(palette)) % 3 }

func dashesOf(i int) []vg.Length {
	return [][]vg.Length{nil, {vg.Points(5), vg.Points(2)}, {vg.Points(2), vg.Points(2)}}[dashOf(i)]
}

func shapeOf(i int) draw.GlyphDrawer {
	return []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}}[i%4]
}

// Figures writes the files of all figures: plot.svg for the first, then
// plot-NAME.svg.
func Figures(folder string, charts []Chart) error {
	for i, c := range charts {
		if err := Plot(folder, PlotName(i, c), c, ".svg", ".png"); err != nil {
			return err
		}
	}
	if len(charts) == 0 {
		return os.WriteFile(filepath.Join(folder, "plot.svg"), []byte(noPlot), 0o644)
	}
	return nil
}

// PlotName names the files of the i-th figure of a folder, without what says their
// format.
func PlotName(i int, c Chart) string {
	if i == 0 {
		return "plot"
	}
	return "plot-" + c.Name
}

// noPlot is the picture of a run that measured nothing.
const noPlot = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="40"><text x="8" y="24" font-family="sans-serif" font-size="14">nothing was measured</text></svg>
`

// shortTicks writes large numbers short: 60M, 1.5k.
type shortTicks struct{}

// Ticks returns the ticks of an axis.
func (shortTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = significant(ticks[i].Value)
		}
	}
	return ticks
}
