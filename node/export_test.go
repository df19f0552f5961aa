package node

import (
	"context"
	"encoding/json"

	"github.com/nrkern/nrkern/transport"
)

// A peek is what no kernel does: it touches a word of the segment that is not
// its to touch. The kernels of machines under test are this test binary, so they
// have the call.
type peekAsk struct {
	Part   string
	Offset int
	Write  bool
}

type peekAnswer struct {
	reply
	Value uint64
}

// Peek loads or stores a word.
func (c *kernelCalls) Peek(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, func(ask peekAsk, a *peekAnswer) error {
		r, err := c.k.running()
		if err != nil {
			return err
		}
		w, err := transport.View[uint64](r.segment, ask.Part, ask.Offset)
		if err != nil {
			return err
		}
		a.Value = touch(w, ask.Write)
		return nil
	})
}

// touch makes the access itself: the race detector would make an atomic one in its
// own code, where a fault is not the Go runtime's to explain.
//
//go:norace
//go:noinline
func touch(w *uint64, write bool) uint64 {
	if write {
		*w = 0
	}
	return *w
}

// Peek has a kernel touch a word of the segment.
func (m *Machine) Peek(ctx context.Context, kernel int, part string, offset int, write bool) error {
	var a peekAnswer
	return m.ask(ctx, m.kernels[kernel], "Peek", peekAsk{part, offset, write}, &a)
}

// Hold reserves slots of the log in the name of a kernel and leaves them unfilled,
// as a kernel does that is stopped at the wrong instant.
func (m *Machine) Hold(kernel int, slots uint64) error {
	store, err := transport.OpenLog(m.segment, "log")
	if err != nil {
		return err
	}
	for {
		tail := store.Control.Tail.Load()
		store.Replicas[kernel].Filling.Swap(tail + 1)
		if store.Control.Tail.CompareAndSwap(tail, tail+slots) {
			return nil
		}
	}
}

// RingOffset returns where in a writer's rings that to a node begins.
func (m *Machine) RingOffset(part string, to int) int {
	p, err := m.segment.Part(part)
	if err != nil {
		return -1
	}
	return to * int(p.Size) / len(m.topology.Nodes)
}
