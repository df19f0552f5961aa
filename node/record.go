package node

import (
	"context"
	"fmt"
	"sync"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/workload"
)

// RecordRequest asks for a history of random operations from clients on all
// nodes at once, to be judged by check.Linearizable.
type RecordRequest struct {
	// HistorySpec describes it. Clients is filled in by the machine; so is Base,
	// if it is 0, with keys that no history of this machine had before, and Keys,
	// if it is 0: 3, or on a machine of many nodes as many as half the clients.
	check.HistorySpec
	ClientsPerNode int `json:"clients_per_node"`
}

// DefaultRecordRequest returns a short history with much contention.
func DefaultRecordRequest() RecordRequest {
	return RecordRequest{
		ClientsPerNode: 2,
		HistorySpec:    check.HistorySpec{Operations: 100, Window: 2, DataMax: 40, Yield: 10, Seed: 1},
	}
}

// RecordResult is a recorded history.
type RecordResult struct {
	Spec    check.HistorySpec `json:"spec"` // as recorded
	Entries []check.Entry     `json:"entries"`
}

// Histories get keys of their own: 2^20 from here for each, as many as a
// history may have.
const (
	historyKeys = 1 << 20
	historyBase = 1 << 40
)

// recording is the clients of one node in a history.
type recording struct {
	k    *kernelProcess
	spec check.HistorySpec
	gate *workload.Control

	mu      sync.Mutex
	entries []check.Entry
}

func (r *recording) run(m member) error {
	entries, err := r.spec.Record(m.port, m.number, r.gate)
	r.k.operations.Add(uint64(len(entries)))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, entries...)
	return err
}

func (r *recording) stop()                { r.gate.Stop() }
func (r *recording) result(a *nodeAnswer) { a.Record = r.entries }

// Record records a history of operations on all nodes.
func (m *Machine) Record(ctx context.Context, ask RecordRequest) (*RecordResult, error) {
	if ask.ClientsPerNode < 1 || ask.ClientsPerNode > maxJobThreads {
		return nil, usagef("record: %d clients per node: want 1 to %d", ask.ClientsPerNode, maxJobThreads)
	}
	members := m.memberNodes()
	ask.Clients = ask.ClientsPerNode * len(members)
	if ask.Keys == 0 {
		ask.Keys = uint64(max(3, ask.Clients/2))
	}
	if ask.Base == 0 {
		number, err := m.nextHistory()
		if err != nil {
			return nil, err
		}
		ask.Base = historyBase + number*historyKeys
	}
	if err := ask.Validate(); err != nil {
		return nil, fmt.Errorf("%w: record: %w", ErrUsage, err)
	}
	nodes, err := m.runJob(ctx, "record", jobAsk{Nodes: members, Record: &ask}, untilFinished)
	if err != nil {
		return nil, err
	}
	r := &RecordResult{Spec: ask.HistorySpec}
	for _, n := range nodes {
		r.Entries = append(r.Entries, n.Record...)
	}
	return r, nil
}

// maxJobThreads is the number of threads of a job on one node. A station has
// room for a few more, for system calls meanwhile.
const maxJobThreads = workload.MaxThreadsPerNode

const _ = uint(combining.MaxThreads - 16 - maxJobThreads) // room enough
