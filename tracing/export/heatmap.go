package export

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nrkern/nrkern/tracing"
)

// ErrPicture is the error of a picture that cannot be made: of an unknown format,
// or of a machine with one node.
var ErrPicture = errors.New("no picture")

// Heatmap writes the traffic matrix as a picture: who had the lines on the way
// down, who took them on the way across. The file's name says the format, .svg or
// .png; without either it writes both, each with its own ending.
func Heatmap(path string, m *tracing.HandOvers) error {
	formats := []string{filepath.Ext(path)}
	switch formats[0] {
	case ".svg", ".png":
		path = path[:len(path)-len(formats[0])]
	case "":
		formats = []string{".svg", ".png"}
	default:
		return fmt.Errorf("%w: %s: want a name that ends in .svg or .png, or in neither for both", ErrPicture, path)
	}
	for _, format := range formats {
		if err := heatmapFile(path+format, format[1:], m); err != nil {
			return err
		}
	}
	return nil
}

func heatmapFile(path, format string, m *tracing.HandOvers) (err error) {
	p, err := heatmap(m)
	if err != nil {
		return err
	}
	size := vg.Length(m.Nodes)*1.6*vg.Centimeter + 6*vg.Centimeter
	w, err := p.WriterTo(size, size, format)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = w.WriteTo(io.Writer(f))
	return err
}

// cells is the matrix as plots want it: rows from the bottom up, so that node 0
// is on top. Lines whose origin is not known are the last row.
type cells struct {
	lines [][]float64 // by row from the top, and column
}

func cellsOf(m *tracing.HandOvers) cells {
	c := cells{make([][]float64, m.Nodes+1)}
	for i := range c.lines {
		c.lines[i] = make([]float64, m.Nodes)
	}
	unknown := false
	for _, h := range m.Cells {
		from := h.From
		if from < 0 || from >= m.Nodes {
			from, unknown = m.Nodes, true
		}
		if h.To >= 0 && h.To < m.Nodes {
			c.lines[from][h.To] += float64(h.Lines)
		}
	}
	if !unknown {
		c.lines = c.lines[:m.Nodes]
	}
	return c
}

func (c cells) Dims() (columns, rows int) { return len(c.lines[0]), len(c.lines) }
func (c cells) Z(column, row int) float64 { return c.lines[len(c.lines)-1-row][column] }
func (c cells) X(column int) float64      { return float64(column) }
func (c cells) Y(row int) float64         { return float64(row) }
func (c cells) each(f func(x, y int)) {
	columns, rows := c.Dims()
	for x := range columns {
		for y := range rows {
			f(x, y)
		}
	}
}

func heatmap(m *tracing.HandOvers) (*plot.Plot, error) {
	if m == nil || m.Nodes < 2 {
		return nil, fmt.Errorf("%w: the machine has one node, and nothing crosses between nodes", ErrPicture)
	}
	c := cellsOf(m)
	columns, rows := c.Dims()
	most := 1.0
	c.each(func(x, y int) { most = max(most, c.Z(x, y)) })
	colors := moreland.ExtendedBlackBody()
	colors.SetMin(0)
	colors.SetMax(1)
	h := plotter.NewHeatMap(c, colors.Palette(256))
	h.Min, h.Max = 0, most*1.15 // not up to white: the numbers are white on dark

	p := plot.New()
	p.Title.Text = "Cache lines handed over between nodes\n(observed: a lower bound)"
	p.Title.Padding = vg.Points(8)
	p.X.Label.Text, p.Y.Label.Text = "to node", "from node"
	p.Add(h)
	labels := plotter.XYLabels{}
	c.each(func(x, y int) {
		labels.XYs = append(labels.XYs, plotter.XY{X: float64(x), Y: float64(y)})
		labels.Labels = append(labels.Labels, count(c.Z(x, y)))
	})
	text, err := plotter.NewLabels(labels)
	if err != nil {
		return nil, err
	}
	for i := range text.TextStyle {
		text.TextStyle[i].XAlign, text.TextStyle[i].YAlign = draw.XCenter, draw.YCenter
		text.TextStyle[i].Font.Size = font.Length(9)
		text.TextStyle[i].Color = color.White
		if xy := labels.XYs[i]; c.Z(int(xy.X), int(xy.Y)) > 0.6*most {
			text.TextStyle[i].Color = color.Black
		}
	}
	p.Add(text)
	p.X.Tick.Marker, p.Y.Tick.Marker = nodes(columns, 0, false), nodes(rows, m.Nodes, true)
	return p, nil
}

// nodes are the ticks of an axis.
func nodes(n, known int, down bool) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for i := range n {
		node := i
		if down {
			node = n - 1 - i
		}
		label := strconv.Itoa(node)
		if down && node >= known {
			label = "?"
		}
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: label})
	}
	return ticks
}

// count writes a number of lines in few characters.
func count(v float64) string {
	for _, unit := range []string{"", "k", "M", "G"} {
		if v < 999.5 {
			return strconv.FormatFloat(v, 'g', 3, 64) + unit
		}
		v /= 1000
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + "T"
}
