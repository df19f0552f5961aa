package workload

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
)

// Baseline is a Port without a structure: it executes operations directly on
// a table that belongs to one thread. It is what a structure's figures are set
// beside (COST: McSherry, Isard, Murray, HotOS'15), and a model to compare
// answers with.
type Baseline struct {
	table    *kernel.Table
	ops      []kernel.Op
	results  []kernel.Result
	finished []uint8 // ring of places
	head     uint8   // next place to return; wraps around as the ring does
	waiting  int
}

var _ kernel.Port = (*Baseline)(nil)

// NewBaseline returns a port with a window of 1 to kernel.MaxWindow operations.
func NewBaseline(t *kernel.Table, window int) (*Baseline, error) {
	if window < 1 || window > kernel.MaxWindow {
		return nil, fmt.Errorf("baseline port: --window %d: want 1 to %d", window, kernel.MaxWindow)
	}
	return &Baseline{
		table: t, ops: make([]kernel.Op, window), results: kernel.NewResults(window),
		finished: make([]uint8, kernel.MaxWindow),
	}, nil
}

// Ops returns the operations of the window.
func (b *Baseline) Ops() []kernel.Op { return b.ops }

// Results returns the results of the window.
func (b *Baseline) Results() []kernel.Result { return b.results }

// Start executes the operation at a place of the window.
func (b *Baseline) Start(place int) {
	op, res := &b.ops[place], &b.results[place]
	if s := b.table.Check(op); s == kernel.StatusOK {
		b.table.Execute(op, res)
	} else {
		res.Reset()
		res.Status = s
	}
	b.finished[b.head+uint8(b.waiting)] = uint8(place)
	b.waiting++
}

// Next returns the places in the order they were started.
func (b *Baseline) Next() (int, error) {
	if b.waiting == 0 {
		return -1, kernel.ErrIdle
	}
	place := b.finished[b.head]
	b.head++
	b.waiting--
	return int(place), nil
}

// Close does nothing.
func (b *Baseline) Close() error { return nil }

// Digest returns the digest of the table.
func (b *Baseline) Digest() uint64 { return b.table.Digest() }
