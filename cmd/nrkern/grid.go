package main

import (
	"io"
	"strings"
	"unicode/utf8"
)

// grid is a text table whose columns line up. Each column is aligned as the
// letter of aligns says: l for left, r for right; those without one as the
// last.
type grid struct {
	aligns string
	rows   [][]string
	titles map[int]string // a line above the rest: what begins at a column
}

func newGrid(aligns string, header ...string) *grid {
	g := &grid{aligns: aligns}
	if len(header) > 0 {
		g.add(header...)
	}
	return g
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// write writes the table with two spaces between columns.
func (g *grid) write(w io.Writer) error {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	if g.titles != nil {
		line, at := "", 0
		for i, width := range widths {
			if title := g.titles[i]; title != "" {
				line += strings.Repeat(" ", max(0, at-utf8.RuneCountInString(line))) + title
			}
			at += width + 2
		}
		b.WriteString(line + "\n")
	}
	for _, row := range g.rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if g.aligns[min(i, len(g.aligns)-1)] == 'r' {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
