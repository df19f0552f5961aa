package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// benching is the threads of one node in a bench.
type benching struct {
	spec workload.Spec
	k    *kernelProcess
	gate *workload.Control

	mu  sync.Mutex
	all workload.Outcome
}

func (b *benching) run(m member) error {
	if b.spec.Prefill {
		if err := workload.Prefill(m.port, b.spec, m.number, m.of); err != nil {
			return err
		}
	}
	progress, done := b.k.progress()
	o, err := workload.RunCounted(m.port, b.spec, m.number, b.gate, progress)
	done()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all.Merge(o)
	return err
}

func (b *benching) stop()                { b.gate.Stop() }
func (b *benching) result(a *nodeAnswer) { a.Bench = &b.all }

// Bench runs a workload on all nodes and measures it.
func (m *Machine) Bench(ctx context.Context, ask BenchRequest) (*BenchResult, error) {
	if err := ask.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if err := m.checkPrefill(ask.Spec); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	began := time.Now()
	members := m.memberNodes()
	workers := ask.ThreadsPerNode * len(members)
	nodes, err := m.runJob(ctx, "bench", jobAsk{Nodes: members, Bench: &ask}, func(ctx context.Context, gate *workload.Control, _ <-chan struct{}) error {
		return gate.Conduct(ctx, ask.Spec, workers)
	})
	if err != nil {
		return nil, err
	}
	r := m.describeResult(ask.Spec)
	r.Began = began
	var all workload.Outcome
	var traffic transport.Traffic
	for _, n := range nodes {
		all.Merge(*n.Bench)
		traffic = traffic.Add(n.Traffic)
		r.ByNode = append(r.ByNode, NodeResult{
			Node: n.Node, CPUs: n.CPUs, Summary: n.Bench.Summary(), Traffic: n.Traffic, HandOvers: append([]transport.HandOver{}, n.HandOvers...), Latency: n.Bench.Latency,
		})
		r.Warnings = append(r.Warnings, n.Warnings...)
	}
	if all.Operations == 0 {
		return nil, fmt.Errorf("bench: %w within %v: give a longer --duration", workload.ErrNothingDone, ask.Duration)
	}
	r.Summary, r.Elapsed, r.FirstFailure = all.Summary(), all.Elapsed, all.FirstFailure
	r.perOperation(traffic, m.config.Mode)
	if all.Failures > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d operations were answered wrongly, the first: %s", all.Failures, all.FirstFailure))
	}
	return r, nil
}

// describeResult fills in what the machine is.
func (m *Machine) describeResult(s workload.Spec) *BenchResult {
	r := &BenchResult{
		Mode: m.config.Mode, Topology: m.config.Topology, Nodes: len(m.topology.Nodes), Structure: m.config.Structure(),
		Policy: *m.policy, Hugepages: m.segment.PageSize() > ordinaryPage, Workload: s, Warnings: m.Warnings(),
	}
	if m.config.Mode == ModeBigLock {
		r.Lock = m.config.Lock
	}
	r.Placed = m.placedRight()
	return r
}

// perOperation divides traffic by the operations of the same time.
func (r *BenchResult) perOperation(t transport.Traffic, mode Mode) {
	per := func(n uint64) float64 { return float64(n) / float64(r.Operations) }
	set := func(n uint64) *float64 { v := per(n); return &v }
	switch mode {
	case ModeNR:
		r.LogEntriesPerOp = set(t.LogEntries)
	case ModeMultikernel:
		r.MessagesPerOp = set(t.Messages)
	}
	r.HandOversPerOp = set(t.HandOvers())
	r.HandOversBy = map[string]float64{
		"log_entry": per(t.EntryLines), "log_control": per(t.ControlLines),
		"message": per(t.MessageLines), "lock": per(t.LockLines),
	}
}
