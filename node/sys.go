package node

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
		res, err := kernel.Call(port, op)
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
// the one that takes its place. A call that the death cut off is made again if it
// only reads; else whether it was executed is not known, which the error says.
func (m *Machine) Sys(ctx context.Context, ask SysRequest) (*SysAnswer, error) {
	for {
		k, err := m.serving(ctx, ask.Node)
		if err != nil {
			return nil, err
		}
		var a sysReply
		err = m.ask(ctx, k, "Sys", ask, &a)
		if err == nil {
			return &a.Answer, nil
		}
		if !errors.Is(err, ErrKernelDied) || !m.survives(k) {
			return nil, err
		}
		if !onlyReads(ask) {
			return nil, fmt.Errorf("%w: whether it was executed before is not known", err)
		}
	}
}

// onlyReads reports whether a call changes nothing.
func onlyReads(ask SysRequest) bool {
	for _, d := range Services() {
		if d.Name == ask.Service {
			op, err := d.Parse(ask.Words)
			return err == nil && op.Code.IsQuery()
		}
	}
	return false
}
