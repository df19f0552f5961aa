package node

import (
	"context"
	"fmt"
	"sync"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// ProbeRequest asks for a probe for stale reads with threads on all nodes.
type ProbeRequest struct {
	// ProbeSpec describes it. Readers and Writers are filled in by the machine;
	// so is Key, if it is 0, with one that no probe of this machine had before.
	check.ProbeSpec
	ReadersPerNode int `json:"readers_per_node"`
	WritersPerNode int `json:"writers_per_node"`
}

// DefaultProbeRequest returns a probe of a million reads a reader.
func DefaultProbeRequest() ProbeRequest {
	return ProbeRequest{
		ReadersPerNode: 1, WritersPerNode: 1,
		ProbeSpec: check.ProbeSpec{Reads: 1_000_000, ReadWindow: 1, WriteWindow: 1},
	}
}

// ProbeResult is what a probe saw.
type ProbeResult struct {
	Spec check.ProbeSpec `json:"spec"` // as run
	check.ProbeResult
}

// probeBase is where the keys of probes begin.
const probeBase = 1 << 41

// probing is the readers and writers of one node in a probe.
type probing struct {
	k       *kernelProcess
	spec    check.ProbeSpec
	writers int // of the node's threads, the first ones
	words   *check.ProbeWords

	mu  sync.Mutex
	all check.ProbeResult
}

func (p *probing) run(m member) error {
	turn := p.spec.Read
	if m.thread < p.writers {
		turn = p.spec.Write
		if m.number >= p.spec.Writers && p.spec.Keys > 1 {
			return nil // one thread writes them all
		}
	}
	r, err := turn(m.port, p.words)
	p.k.operations.Add(r.Reads + r.Writes)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.Merge(r)
	return err
}

func (p *probing) stop()                { p.words.Stop() }
func (p *probing) result(a *nodeAnswer) { a.Probe = &p.all }

// probeWords returns the words that the threads of a probe share.
func probeWords(s *transport.Segment) (*check.ProbeWords, error) {
	return transport.View[check.ProbeWords](s, probePart, 0)
}

// Probe looks for stale reads: threads on all nodes read a counter that others
// raise, and no later read may return less than an earlier one anywhere.
func (m *Machine) Probe(ctx context.Context, ask ProbeRequest) (*ProbeResult, error) {
	if n := ask.ReadersPerNode + ask.WritersPerNode; ask.ReadersPerNode < 1 || ask.WritersPerNode < 0 || n > maxJobThreads {
		return nil, usagef("probe: %d readers and %d writers per node: want 1 reader or more, and at most %d threads", ask.ReadersPerNode, ask.WritersPerNode, maxJobThreads)
	}
	members := m.memberNodes()
	ask.Readers = ask.ReadersPerNode * len(members)
	ask.Writers = ask.WritersPerNode * len(members)
	if ask.Keys = max(ask.Keys, 1); ask.Keys > 1 {
		ask.Writers, ask.WriteWindow = min(ask.Writers, 1), 1
	}
	if ask.Key == 0 {
		number, err := m.nextHistory()
		if err != nil {
			return nil, err
		}
		ask.Key = probeBase + number*kv.MaxPairs
	}
	if err := ask.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	nodes, err := m.runJob(ctx, "probe", jobAsk{Nodes: members, Probe: &ask}, func(ctx context.Context, gate *workload.Control, finished <-chan struct{}) error {
		words, err := probeWords(m.segment)
		if err != nil {
			return err
		}
		err = untilFinished(ctx, gate, finished)
		words.Stop()
		return err
	})
	if err != nil {
		return nil, err
	}
	r := &ProbeResult{Spec: ask.ProbeSpec}
	for _, n := range nodes {
		r.Merge(*n.Probe)
	}
	return r, nil
}
