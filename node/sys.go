package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/nrkern/nrkern/kernel"
)

// sys makes one system call, on a thread pinned to the node that was asked for.
func (k *kernelProcess) sys(ask SysRequest, a *sysReply) error {
	r, err := k.running()
	if err != nil {
		return err
	}
	d, err := r.table.Definition(ask.Service)
	if err != nil {
		return fmt.Errorf("%w: %w: this machine has %s", ErrUsage, err, strings.Join(serviceNames(), ", "))
	}
	op, err := d.Parse(ask.Words)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	port, done, err := k.openPort(r, ask.Node, 1)
	if err != nil {
		return err
	}
	defer done()
	return onCPU(r.Topology.Nodes[ask.Node].Cores[0], func() error {
		asked := op
		if ask.Caller != 0 && r.Config.Mode == ModeNR {
			asked, _ = kernel.Once(ask.Caller, ask.Number, op)
		}
		res, err := kernel.Call(port, asked)
		if err != nil {
			return err
		}
		k.operations.Add(1)
		a.Answer = SysAnswer{
			Node: ask.Node, Status: res.Status, Words: res.Status.String(), Value: res.Value,
			Data: append([]byte(nil), res.Data...), Text: d.Format(&op, res),
		}
		return nil
	})
}

// Sys makes one system call at a node. If the node's kernel has died it waits for
// the one that takes its place. A call that the death cut off is made again: it
// only reads, or the replicas remember by its number whether it was executed, and
// what it answered. Where neither is so, because it has more arguments than a call
// that is remembered can have, whether it was executed is not known, which the error
// says.
func (m *Machine) Sys(ctx context.Context, ask SysRequest) (*SysAnswer, error) {
	if m.config.Mode == ModeNR && ask.Caller == 0 {
		c := m.callers.take()
		defer m.callers.give(c)
		c.number++
		ask.Caller, ask.Number = c.id, c.number
	}
	for {
		k, err := m.serving(ctx, ask.Node)
		if err != nil {
			return nil, err
		}
		var a sysReply
		err = m.ask(ctx, k, "Sys", ask, &a)
		if err == nil && a.Answer.Status == kernel.StatusLost {
			if m.repeatable(ask) {
				continue
			}
			return nil, fmt.Errorf("%w: %s was passed over: the call was executed, and its answer is lost", ErrKernelDied, k.name())
		}
		if err == nil {
			return &a.Answer, nil
		}
		if !errors.Is(err, ErrKernelDied) || !m.survives(k) {
			return nil, err
		}
		if !m.repeatable(ask) {
			return nil, fmt.Errorf("%w: whether it was executed before is not known", err)
		}
	}
}

// repeatable reports whether a call can be made again: it changes nothing, or is
// remembered.
func (m *Machine) repeatable(ask SysRequest) bool {
	table, err := kernel.NewTable(Services()...)
	if err != nil {
		return false
	}
	d, err := table.Definition(ask.Service)
	if err != nil {
		return false
	}
	op, err := d.Parse(ask.Words)
	if err != nil {
		return false
	}
	if op.Code.IsQuery() {
		return true
	}
	_, can := kernel.Once(ask.Caller, ask.Number, op)
	return can && ask.Caller != 0 && m.config.Mode == ModeNR
}

// caller numbers calls, one outstanding at a time.
type caller struct{ id, number uint64 }

// callers are those of a supervisor: as many as it has calls at one time.
type callers struct {
	mu   sync.Mutex
	free []*caller
}

func (c *callers) take() *caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.free); n > 0 {
		last := c.free[n-1]
		c.free = c.free[:n-1]
		return last
	}
	return &caller{id: rand.Uint64() | 1} // not 0
}

func (c *callers) give(used *caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, used)
}
