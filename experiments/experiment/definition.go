package experiment

import (
	"context"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

// Definition is an experiment: what is claimed, by whom, and how it is measured.
type Definition struct {
	Name  string
	Title string
	// Claim is what the figure is about, in one sentence; Source who says so.
	Claim, Source string
	// Method says what is done, and what is not compared.
	Method string

	Factors, Metrics []results.Column
	Figures          []results.Figure
	Shapes           []shape.Shape

	// Blocks returns the parts of the experiment on a machine.
	Blocks func(*Lab) ([]Block, error)
}

// Block is cells that are interleaved: what they need is there at the same time.
type Block struct {
	Name string
	// Open makes what the cells need, and returns what ends it, also with an
	// error. The cells of a point take turns.
	Open func(ctx context.Context) (points []Point, closeAll func() error, err error)
}

// Point is cells that are compared with each other.
type Point []Cell

// Cell is one variant at one point.
type Cell struct {
	Variant string
	Factors []string // in the order of the definition
	// CPUs are those that work: the placement of the first two is probed around
	// each sample. With fewer there is none.
	CPUs []int
	// Once says that the cell is counted, not timed: one repetition is enough.
	Once bool
	// Take takes a sample.
	Take func(ctx context.Context, span measure.Span) ([]Reading, error)
}

// Reading is what a sample gave: most give one. Factors are those that the
// sample itself sets, such as the time in a series.
type Reading struct {
	Factors map[string]string
	Values  map[string]float64
}

// One is a sample with one reading.
func One(values map[string]float64) []Reading { return []Reading{{Values: values}} }
