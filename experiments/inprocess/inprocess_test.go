package inprocess

import (
	"errors"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

var span = measure.Span{Warmup: time.Millisecond, Duration: 10 * time.Millisecond}

func spec() workload.Spec {
	s := workload.Default()
	s.Keys, s.WriteRatio, s.Window = 300, 50, 1
	return s
}

func cpus(t *testing.T) []int {
	t.Helper()
	topology, err := numa.Discover()
	if err != nil {
		t.Fatal(err)
	}
	return topology.Usable()
}

// TestBaselines: each map does operations on every thread, and answers rightly.
func TestBaselines(t *testing.T) {
	on := cpus(t)
	on = on[:min(2, len(on))]
	for _, b := range Baselines() {
		t.Run(b.Name, func(t *testing.T) {
			use := on
			if b.Single {
				use = on[:1]
			}
			x, err := b.New(spec(), len(use))
			if err != nil {
				t.Fatal(err)
			}
			if rate, err := x.Sample(use, span); err != nil || rate <= 0 {
				t.Errorf("%v operations a second, %v", rate, err)
			}
		})
	}
	if b := Baselines()[0]; !b.Single {
		t.Errorf("%s is for many threads", b.Name)
	} else if _, err := b.New(spec(), 2); err == nil {
		t.Error("a map without synchronisation was given two threads")
	}
}

// TestMapsAreApart: no two maps that threads write at the same time have their
// headers on one line.
func TestMapsAreApart(t *testing.T) {
	var headers []uintptr
	add := func(g *goMap) { headers = append(headers, uintptr(reflect.ValueOf(g.m).UnsafePointer())) }
	own := newBare(1000, 4).(bare)
	for i := range own {
		add(&own[i])
	}
	striped := newStripedMap(1000, 2).(*stripedMap)
	for i := range striped {
		add(&striped[i].goMap)
	}
	slices.Sort(headers)
	for i, h := range headers[1:] {
		if h-headers[i] < transport.LineSize {
			t.Errorf("two headers are %d bytes apart", h-headers[i])
		}
	}
}

// forgetful answers every read with the value of another key.
type forgetful struct{}

func (forgetful) apply(_ int, b *batch) (wrong uint64) {
	for i := range b {
		if !b[i].write {
			wrong |= differs(b[i].key+1, b[i].key)
		}
	}
	return wrong
}

// TestWrongAnswers: a map that answers wrongly is found out.
func TestWrongAnswers(t *testing.T) {
	b := Baseline{Name: "forgetful", fresh: func(uint64, int) store { return forgetful{} }}
	x, err := b.New(spec(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Sample(cpus(t)[:1], span); !errors.Is(err, experiment.ErrWrongAnswer) {
		t.Errorf("got %v, want ErrWrongAnswer", err)
	}
}

// collected notes whether the collector is on while it is used.
type collected struct{ percent *uint64 }

func (c collected) apply(int, *batch) uint64 {
	*c.percent = collector()
	return 0
}

// collector returns what GOGC is.
func collector() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestBaselinesAreCollected: the collector runs beside the baselines, as beside the
// structures.
func TestBaselinesAreCollected(t *testing.T) {
	var seen uint64
	b := Baseline{Name: "collected", fresh: func(uint64, int) store { return collected{&seen} }}
	x, err := b.New(spec(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Sample(cpus(t)[:1], span); err != nil {
		t.Fatal(err)
	}
	if want := collector(); seen != want {
		t.Errorf("GOGC is %d while a baseline is sampled, want %d", seen, want)
	}
}

// TestGroups: each structure serves the workload of machines in one process, on
// two nodes, and the traffic is of its kind.
func TestGroups(t *testing.T) {
	shape := Shape{Nodes: 2, Threads: 1, Window: 4, Policy: transport.PolicyFor(len(cpus(t)) > 2)}
	for _, c := range []struct {
		name string
		make func(Shape) (*Group, error)
		saw  func(transport.Traffic) uint64
	}{
		{"nr", NR, func(t transport.Traffic) uint64 { return t.LogEntries }},
		{"multikernel", Multikernel, func(t transport.Traffic) uint64 { return t.Messages }},
		{"biglock", func(s Shape) (*Group, error) { return BigLock(biglock.MCS, s) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := c.make(shape)
			if err != nil {
				t.Fatal(err)
			}
			g.Attend(cpus(t))
			defer func() {
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			}()
			if err := g.Fill(spec()); err != nil {
				t.Fatal(err)
			}
			s := spec()
			s.Window = 4
			o, traffic, err := g.Sample(t.Context(), cpus(t), s, measure.Span{Duration: 30 * time.Millisecond})
			if err != nil || o.Operations == 0 {
				t.Fatalf("%d operations, %v", o.Operations, err)
			}
			if c.saw != nil && c.saw(traffic) == 0 {
				t.Errorf("nothing crossed between nodes: %+v", traffic)
			}
		})
	}
}

// liar is a key-value service that answers every query with 0.
type liar struct{ kernel.Service }

func (liar) Query(*kernel.Op, *kernel.Result) {}

// TestGroupWrongAnswers: a structure whose service answers wrongly is found out.
func TestGroupWrongAnswers(t *testing.T) {
	p, err := workload.NewBaseline(kernel.Single(liar{fresh()}), 1)
	if err != nil {
		t.Fatal(err)
	}
	g := newGroup(Shape{})
	g.Ports, g.Traffic = []kernel.Port{p}, func() transport.Traffic { return transport.Traffic{} }
	if err := g.Fill(spec()); err != nil {
		t.Fatal(err)
	}
	err = experiment.Longer(measure.Span{Duration: 10 * time.Millisecond}, func(span measure.Span) error {
		_, _, err := g.Sample(t.Context(), cpus(t), spec(), span)
		return err
	})
	if !errors.Is(err, experiment.ErrWrongAnswer) || !strings.Contains(err.Error(), "operations") {
		t.Errorf("got %v, want ErrWrongAnswer", err)
	}
}
