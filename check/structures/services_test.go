package structures_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/kernel/names"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// The services besides kv, on every structure, by histories of their own.
var services = []struct {
	definition *kernel.Definition
	source     check.Source
}{
	{names.Definition(), check.NamesSource},
	{caps.Definition(), check.CapsSource(3)},
}

// placed are the ways to boot a service other than kv.
var placed = []struct {
	name string
	boot func(t testing.TB, d *kernel.Definition, nodes int) machine
}{
	{"nr", func(t testing.TB, d *kernel.Definition, nodes int) machine { return bootNodes(t, d, nodes, 1) }},
	{"nr-4-logs", func(t testing.TB, d *kernel.Definition, nodes int) machine { return bootNodes(t, d, nodes, 4) }},
	{"multikernel", func(t testing.TB, d *kernel.Definition, nodes int) machine {
		return bootMeshOf(t, d, nodes, multikernel.Config{})
	}},
	{"multikernel-replicated", func(t testing.TB, d *kernel.Definition, nodes int) machine {
		return copies{bootMeshOf(t, d, nodes, multikernel.Config{Replicated: []kernel.ServiceID{d.ID}})}
	}},
	{"biglock", func(t testing.TB, d *kernel.Definition, nodes int) machine {
		m, err := biglock.New(tableOf(t, d), biglock.Config{Kind: biglock.RWLock, Nodes: nodes})
		if err != nil {
			t.Fatal(err)
		}
		return bigLock{m}
	}},
}

// TestServicesAnswerAlike: every structure answers one stream of operations as the
// bare service does, from whichever node each comes, and has the same state after it.
func TestServicesAnswerAlike(t *testing.T) {
	n := 1500
	if long() {
		n = 50_000
	}
	for _, s := range services {
		for _, p := range placed {
			t.Run(s.definition.Name+"/"+p.name, func(t *testing.T) {
				bare, err := workload.NewBaseline(tableOf(t, s.definition), 1)
				if err != nil {
					t.Fatal(err)
				}
				m := p.boot(t, s.definition, 3)
				var ports []kernel.Port
				for node := range 3 {
					ports = append(ports, m.port(t, node, 1))
				}
				around := &inTurn{Port: ports[0], ports: ports}
				if err := check.SameCalls(s.definition, s.source, 7, n, bare, around); err != nil {
					t.Fatal(err)
				}
				if got, want := m.digest(t), bare.Digest(); got != want {
					t.Errorf("digest %x, of the bare service %x", got, want)
				}
			})
		}
	}
}

// inTurn makes each call at the next of several ports.
type inTurn struct {
	kernel.Port
	ports []kernel.Port
	next  int
}

// Start starts the operation at the next port.
func (p *inTurn) Start(place int) {
	op := p.Port.Ops()[place]
	p.next++
	p.Port = p.ports[p.next%len(p.ports)]
	p.Port.Ops()[place] = op
	p.Port.Start(place)
}

// TestServiceHistoriesAreLinearizable records short histories with all nodes at
// work and judges them by the sequential service.
func TestServiceHistoriesAreLinearizable(t *testing.T) {
	histories := 12
	if long() {
		histories = 300
	}
	for _, s := range services {
		for _, p := range placed {
			t.Run(s.definition.Name+"/"+p.name, func(t *testing.T) {
				for seed := range uint64(histories) {
					m := p.boot(t, s.definition, 3)
					calls := serviceHistory(t, m, s.source, 3, 20, seed)
					if verdict, text := check.LinearizableCalls(s.definition, calls, time.Minute); verdict != check.OK {
						t.Fatalf("seed %d: %s: %s", seed, verdict, text)
					}
				}
			})
		}
	}
}

// serviceHistory records a history with a client on each node.
func serviceHistory(t *testing.T, m machine, source check.Source, nodes, operations int, seed uint64) []check.Call {
	t.Helper()
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) }
	recorders := make([]*check.CallRecorder, nodes)
	ctl := new(workload.Control)
	var wg sync.WaitGroup
	for node := range nodes {
		r := &check.CallRecorder{Port: m.port(t, node, 1), Client: node, Now: now, Source: source}
		recorders[node] = r
		wg.Go(func() {
			ctl.Meet(nodes)
			if err := r.Run(operations, seed); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	m.digest(t)
	var all []check.Call
	for _, r := range recorders {
		all = append(all, r.Calls()...)
	}
	return all
}

func tableOf(t testing.TB, d *kernel.Definition) *kernel.Table {
	t.Helper()
	table, err := kernel.NewTable(d)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// nodes is NR as kernel processes have it, all in the test.
type nodes []*nrkernel.Node

func bootNodes(t testing.TB, d *kernel.Definition, count, logs int) machine {
	t.Helper()
	layout := new(transport.Layout)
	if err := nrkernel.AddLogs(layout, logs, transport.MinLogSlots, count, 0); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := nrkernel.OpenLogs(segment)
	if err != nil {
		t.Fatal(err)
	}
	opened.Prepare()
	stop := new(transport.Word)
	var m nodes
	for id := range count {
		n, err := nrkernel.NewNode(opened, func() (*kernel.Table, error) { return kernel.NewTable(d) }, nrkernel.Config{ID: id, Stop: stop})
		if err != nil {
			t.Fatal(err)
		}
		m = append(m, n)
	}
	attend(t, m, stop)
	return m
}

// attend attends to nodes until the test is over.
func attend[S combining.Server](t testing.TB, all []S, stop *transport.Word) {
	var attending sync.WaitGroup
	for _, n := range all {
		attending.Go(func() {
			if err := combining.Attend(n, stop, &transport.Goroutines); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		stop.Swap(1)
		for _, n := range all {
			n.Bell().Wake() // also from a nap
		}
		attending.Wait()
	})
}

func (m nodes) port(t testing.TB, node, window int) kernel.Port {
	t.Helper()
	p, err := m[node].NewPort(window)
	return opened(t, p, err)
}

func (m nodes) digest(t testing.TB) uint64 {
	t.Helper()
	first, _, err := m[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range m {
		if d, _, err := n.Digest(); err != nil || d != first {
			t.Errorf("node %d: digest %x, node 0: %x (%v)", n.ID(), d, first, err)
		}
	}
	return first
}

func bootMeshOf(t testing.TB, d *kernel.Definition, nodes int, c multikernel.Config) mesh {
	t.Helper()
	layout := new(transport.Layout)
	if err := multikernel.AddMesh(layout, nodes, multikernel.MinRing); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	stop := new(transport.Word)
	var m mesh
	for id := range nodes {
		c.ID, c.Stop = id, stop
		n, err := multikernel.Open(segment, tableOf(t, d), c)
		if err != nil {
			t.Fatal(err)
		}
		m = append(m, n)
	}
	attend(t, m, stop)
	return m
}
