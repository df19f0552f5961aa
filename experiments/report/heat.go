package report

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nrkern/nrkern/experiments/results"
)

func number(v string) float64 { return results.Number(v) }

// heatPlot draws a heat map.
func heatPlot(p *plot.Plot, c Chart) error {
	p.Title.Text += " (" + c.YLabel + ")"
	p.Title.TextStyle.Font.Size = 9
	p.Y.Label.Text = ""
	low, high := rangeOf(c)
	for row, s := range c.Series {
		for column, e := range s.Points {
			if e == nil {
				continue
			}
			x, y := float64(column), float64(len(c.Series)-1-row)
			square, err := plotter.NewPolygon(plotter.XYs{{X: x - .5, Y: y - .5}, {X: x + .5, Y: y - .5}, {X: x + .5, Y: y + .5}, {X: x - .5, Y: y + .5}})
			if err != nil {
				return err
			}
			shade := shadeOf(e.Median, low, high)
			square.Color, square.LineStyle.Width = heatColor(shade), vg.Points(0.5)
			square.LineStyle.Color = color.White
			text, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{significant(e.Median)}})
			if err != nil {
				return err
			}
			text.TextStyle[0].XAlign, text.TextStyle[0].YAlign = draw.XCenter, draw.YCenter
			text.TextStyle[0].Font.Size = 8
			if shade > 0.5 {
				text.TextStyle[0].Color = color.White
			}
			p.Add(square, text)
		}
	}
	p.NominalX(c.Values...)
	names := make([]string, len(c.Series))
	for i, s := range c.Series {
		names[len(names)-1-i] = s.Name
	}
	p.NominalY(names...)
	p.X.Min, p.X.Max = -.5, float64(len(c.Values))-.5
	p.Y.Min, p.Y.Max = -.5, float64(len(c.Series))-.5
	return nil
}

// rangeOf returns the smallest and the largest median of a chart.
func rangeOf(c Chart) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for _, e := range s.Points {
			if e != nil {
				low, high = min(low, e.Median), max(high, e.Median)
			}
		}
	}
	return low, high
}

// shadeOf places a value between the smallest (0) and the largest (1).
func shadeOf(v, low, high float64) float64 {
	if high <= low {
		return 0
	}
	return (v - low) / (high - low)
}

// heatColor goes from pale to dark blue.
func heatColor(shade float64) color.RGBA {
	mix := func(from, to float64) uint8 { return uint8(from + (to-from)*shade) }
	return color.RGBA{mix(0xec, 0x08), mix(0xf3, 0x30), mix(0xfb, 0x6b), 0xff}
}

// significant shows three digits, with k, M or G for thousands.
func significant(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if math.Abs(v) >= unit.size {
			size := unit.size
			if unit.name == "k" {
				size = 1e3
			}
			return digits(v/size) + unit.name
		}
	}
	return digits(v)
}

func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 99.95 || a == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}
