package log

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// counter is the service: it counts what it applies, and does nothing else. Each
// replica's thread writes its own all the time.
type counter struct {
	_ transport.Pad
	kernel.Simple
	applied uint64
	_       transport.Pad
}

// Apply counts.
func (c *counter) Apply(*kernel.Op, *kernel.Result) { c.applied++ }

// Query answers with the count.
func (c *counter) Query(_ *kernel.Op, res *kernel.Result) { res.Value = c.applied }

// Digest is the count.
func (c *counter) Digest() uint64 { return c.applied }

// point is a point of the sweep.
type point struct {
	replicas, batch, bytes, slots int
	home                          int // node that holds the log
}

// appenders are replicas of a log, with a thread each that appends batches.
type appenders struct {
	segment  *transport.Segment
	replicas []*nrkernel.Replica
	services []*counter
	ports    []kernel.Port
	point
	data  []byte
	clock *workload.Clock
}

const part = "log"

// newAppenders makes a segment with a log whose slots are at home on a node, and
// its replicas; memory names the Linux node of each.
func newAppenders(p point, memory []int) (a *appenders, err error) {
	layout := new(transport.Layout)
	if err := layout.AddLog(part, p.slots, p.replicas, p.home); err != nil {
		return nil, err
	}
	a = &appenders{point: p, data: make([]byte, p.bytes), clock: workload.ProcessClock()}
	if a.segment, err = transport.Create(layout, transport.Options{Hugepages: transport.HugepagesPrefer, Memory: memory}); err != nil {
		return nil, err
	}
	store, err := transport.OpenLog(a.segment, part)
	if err != nil {
		return nil, errors.Join(err, a.segment.Close())
	}
	nrkernel.Prepare(store)
	for id := range p.replicas {
		c := new(counter)
		r, err := nrkernel.NewReplica(store, kernel.Single(c), nrkernel.Config{ID: id, Policy: &transport.Dedicated})
		if err != nil {
			return nil, errors.Join(err, a.segment.Close())
		}
		port, err := r.NewPort(p.batch)
		if err != nil {
			return nil, errors.Join(err, a.segment.Close())
		}
		a.replicas, a.services, a.ports = append(a.replicas, r), append(a.services, c), append(a.ports, port)
	}
	return a, nil
}

func (a *appenders) close() error { return a.segment.Close() }

// job returns what each replica's thread does: append a batch, wait for all of
// it, and again. One that is done goes on replaying what others append.
func (a *appenders) job() measure.Job {
	return measure.Job{
		Work: func(who int, until uint64) (entries uint64, err error) {
			for a.clock.Ticks() < until {
				if err := a.round(a.ports[who]); err != nil {
					return entries, err
				}
				entries += uint64(a.batch)
			}
			return entries, nil
		},
		Idle: func(who int) error {
			_, err := a.replicas[who].Serve()
			return err
		},
	}
}

func (a *appenders) round(p kernel.Port) error {
	ops, results := p.Ops(), p.Results()
	for i := range a.batch {
		ops[i] = kernel.Op{Service: 1, Code: 1, Data: a.data}
		p.Start(i)
	}
	for range a.batch {
		i, err := p.Next()
		if err != nil {
			return err
		}
		if results[i].Status != kernel.StatusOK {
			return fmt.Errorf("%w: an append was answered %s", experiment.ErrWrongAnswer, results[i].Status)
		}
	}
	return nil
}

// applied adds up what the services applied; for when nobody appends.
func (a *appenders) applied() (n uint64) {
	for _, c := range a.services {
		n += c.applied
	}
	return n
}

// traffic adds up what the replicas saw.
func (a *appenders) traffic() (t transport.Traffic) {
	for _, r := range a.replicas {
		t = t.Add(r.Traffic())
	}
	return t
}
