package node

import (
	"context"
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

// Sys makes one system call at a node.
func (m *Machine) Sys(ctx context.Context, ask SysRequest) (*SysAnswer, error) {
	k, err := m.kernelOf(ask.Node)
	if err != nil {
		return nil, err
	}
	var a sysReply
	if err := m.ask(ctx, k, "Sys", ask, &a); err != nil {
		return nil, err
	}
	return &a.Answer, nil
}
