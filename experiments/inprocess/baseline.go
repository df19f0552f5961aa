package inprocess

import (
	"context"
	"fmt"
	"runtime"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// draw is one operation.
type draw struct {
	key, value uint64
	write      bool
}

// batch is the operations of one dynamic call.
type batch [64]draw

// store is a data structure under test. Thread who applies the batch and
// returns the bits in which answers differ from what they must be.
type store interface {
	apply(who int, b *batch) (wrong uint64)
}

// Baseline is a data structure to set others beside.
type Baseline struct {
	Name string
	// Single says that it is for one thread only.
	Single bool
	// partitioned says that each thread has keys of its own.
	partitioned bool
	fresh       func(keys uint64, threads int) store
}

// Baselines returns all, in the order tables show them.
func Baselines() []Baseline {
	return []Baseline{
		{Name: "map, 1 thread", Single: true, fresh: newBare},
		{Name: "map, sync.Mutex", fresh: newMutexMap},
		{Name: "map, sync.RWMutex", fresh: newRWMutexMap},
		{Name: "map, 64 locks", fresh: newStripedMap},
		{Name: "sync.Map", fresh: newSyncMap},
		{Name: "xsync.Map", fresh: newXSyncMap},
		{Name: "map, partitioned", partitioned: true, fresh: newBare},
	}
}

// Bench is a baseline that is filled, with its threads' draws.
type Bench struct {
	name    string
	keys    uint64 // of the structure, or of each thread's part of it
	store   store
	clock   *workload.Clock
	threads []thread
}

type thread struct {
	_     transport.Pad
	draws *workload.Draws
	batch batch
	_     transport.Pad
}

// New fills a baseline for a number of threads.
func (b Baseline) New(spec workload.Spec, threads int) (*Bench, error) {
	if b.Single && threads != 1 {
		return nil, fmt.Errorf("%s: for one thread, not for %d", b.Name, threads)
	}
	x := &Bench{name: b.Name, keys: spec.Keys}
	if b.partitioned {
		x.keys = max(1, spec.Keys/uint64(threads))
	}
	x.store = b.fresh(x.keys, threads)
	return x.With(spec, threads)
}

// With returns the same data structure under another load of as many keys.
func (x *Bench) With(spec workload.Spec, threads int) (*Bench, error) {
	spec.Keys = x.keys
	other := &Bench{name: x.name, keys: x.keys, store: x.store, clock: workload.ProcessClock(), threads: transport.Apart[thread](threads)}
	for i := range other.threads {
		d, err := workload.NewDraws(spec, i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
		other.threads[i].draws = d
	}
	return other, nil
}

// Cell is a cell that samples a load on the data structure, with a thread on
// each CPU.
func (x *Bench) Cell(factors []string, spec workload.Spec, cpus []int) (experiment.Cell, error) {
	at, err := x.With(spec, len(cpus))
	if err != nil {
		return experiment.Cell{}, err
	}
	return experiment.Cell{
		Variant: x.name, Factors: factors, CPUs: cpus,
		Take: func(_ context.Context, span measure.Span) ([]experiment.Reading, error) {
			rate, err := at.Sample(cpus, span)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", x.name, err)
			}
			return experiment.One(map[string]float64{"ops_per_s": rate}), nil
		},
	}, nil
}

// Filled are baselines, by name, that were filled when they were first used.
type Filled map[string]*Bench

// Cells returns a cell of each baseline under a load, with a thread on each CPU.
// One that is for a single thread is at another point, single, and left out if
// that is nil.
func (f Filled) Cells(l Load, single []string, cpus []int) (cells experiment.Point, err error) {
	for _, b := range Baselines() {
		on, at := cpus, l.Factors
		if b.Single {
			if single == nil {
				continue
			}
			on, at = cpus[:1], single
		}
		if f[b.Name] == nil {
			if f[b.Name], err = b.New(l.Spec, len(on)); err != nil {
				return nil, err
			}
		}
		c, err := f[b.Name].Cell(at, l.Spec, on)
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
	}
	return cells, nil
}

// work applies batches until the clock reaches a time.
func (x *Bench) work(who int, until uint64) (operations uint64, err error) {
	t := &x.threads[who]
	for wrong := uint64(0); ; operations += uint64(len(t.batch)) {
		if x.clock.Ticks() >= until {
			if wrong != 0 {
				return operations, fmt.Errorf("%w: a value of another key (bits %#x)", experiment.ErrWrongAnswer, wrong)
			}
			return operations, nil
		}
		for i := range t.batch {
			d := &t.batch[i]
			d.key, d.value, d.write = t.draws.Next()
		}
		wrong |= x.store.apply(who, &t.batch)
	}
}

// Sample runs a thread on each CPU, and returns operations a second. The collector
// runs, as it does beside the structures that this is compared with.
func (x *Bench) Sample(cpus []int, span measure.Span) (opsPerS float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(len(x.threads) + 2))
	r, err := experiment.Crew(cpus[:len(x.threads)], span, measure.Job{Work: x.work})
	if err != nil {
		return 0, err
	}
	return float64(r.Operations) / r.Elapsed.Seconds(), nil
}

// differs returns the bits in which a value is not one of the key.
func differs(value, key uint64) uint64 { return (value ^ key) & (1<<32 - 1) }
