package capabilities

import (
	"fmt"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// The object is at slot 1 of each kernel that has a copy, what is made of it at slot 2.
const (
	slot = 1
	made = 2
	size = 16 * caps.Page
)

// client is the one that calls, at a point.
type client struct {
	*machine
	point
	clock *workload.Clock
	ticks uint64 // of the operations that are timed, of the last phase
	// Of one operation.
	messages, entries uint64
}

// cell is a cell that samples the machine at a point. What it lacks is not there.
func (m *machine) cell(p point, kernels int, cpus []int) experiment.Cell {
	c := &client{machine: m, point: p, clock: workload.ProcessClock()}
	factors := []string{p.operation, strconv.Itoa(kernels), strconv.Itoa(p.copies)}
	return experiment.CrewCell(m.name, factors, cpus, c.job(), c.values)
}

// job is the client on the first CPU, and all other kernels on the second.
func (c *client) job() measure.Job {
	return measure.Job{
		Work: func(who int, until uint64) (operations uint64, err error) {
			if who > 0 {
				return 0, c.serve(until)
			}
			return c.call(until)
		},
		Idle: func(who int) error {
			if who == 0 {
				return nil
			}
			_, err := c.serveAll()
			return err
		},
	}
}

func (c *client) serve(until uint64) error {
	w := transport.NewWaiter(&transport.Dedicated)
	for c.clock.Ticks() < until {
		progress, err := c.serveAll()
		switch {
		case err != nil:
			return err
		case progress:
			w.Reset()
		default:
			w.Pause()
		}
	}
	return nil
}

func (c *client) serveAll() (progress bool, err error) {
	for _, n := range c.others {
		did, err := n.Serve()
		if err != nil {
			return progress, err
		}
		progress = progress || did
	}
	return progress, nil
}

// call calls until a time. The first operation of a phase is counted, not timed.
func (c *client) call(until uint64) (operations uint64, err error) {
	c.ticks = 0
	if err := c.prepare(); err != nil {
		return 0, err
	}
	before := c.traffic()
	if _, err := c.timed(); err != nil {
		return 0, err
	}
	t := c.traffic().Sub(before)
	c.messages, c.entries = t.Messages, t.LogEntries
	if err := c.restore(); err != nil {
		return 0, err
	}
	for c.clock.Ticks() < until {
		took, err := c.timed()
		if err != nil {
			return operations, err
		}
		c.ticks += took
		operations++
		if err := c.restore(); err != nil {
			return operations, err
		}
	}
	return operations, nil
}

// prepare makes the object, and as many copies as the point has.
func (c *client) prepare() error {
	if c.machine.copies == 0 {
		if err := c.must(caps.Create(0, slot, caps.RAM, 0, size)); err != nil {
			return err
		}
	} else if err := c.must(caps.Revoke(0, slot)); err != nil {
		return err
	}
	c.machine.copies = c.point.copies
	return c.makeCopies()
}

func (c *client) makeCopies() error {
	for space := 1; space < c.point.copies; space++ {
		if err := c.must(caps.Copy(0, slot, space, slot)); err != nil {
			return err
		}
	}
	return nil
}

// timed executes the operation, and says how long it took.
func (c *client) timed() (ticks uint64, err error) {
	op := caps.Revoke(0, slot)
	if c.operation == retype {
		op = caps.Retype(0, slot, caps.Frame, 0, caps.Page, 1, made)
	}
	began := c.clock.Ticks()
	err = c.must(op)
	return c.clock.Ticks() - began, err
}

// restore makes things as they were before it.
func (c *client) restore() error {
	if c.operation == retype {
		return c.must(caps.Delete(0, made))
	}
	return c.makeCopies()
}

func (c *client) must(op kernel.Op) error {
	res, err := kernel.Call(c.port, op)
	if err != nil {
		return err
	}
	if res.Status != kernel.StatusOK {
		return fmt.Errorf("%w: %s was answered %s", experiment.ErrWrongAnswer, caps.Called(op.Code), caps.Format(&op, res))
	}
	return nil
}

// values are the metrics of a sample. What a structure does not have is not there.
func (c *client) values(r measure.Reading) map[string]float64 {
	v := map[string]float64{"latency_ns": float64(c.clock.Nanoseconds(c.ticks)) / float64(r.Operations)}
	switch c.name {
	case messages:
		v["messages"] = float64(c.messages)
	case log:
		v["log_entries"] = float64(c.entries)
	}
	return v
}
