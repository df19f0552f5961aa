package structures_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// long reports whether the long versions of the tests were asked for.
func long() bool { return os.Getenv("NRKERN_LONG") != "" }

// machine is a structure over kv that runs inside the test.
type machine interface {
	// port opens a port at a node.
	port(t testing.TB, node, window int) kernel.Port
	// digest returns the digest of the whole state, at rest, and fails the test
	// if nodes that should be equal are not.
	digest(t testing.TB) uint64
}

// structures boot machines with logs and rings so small that they are full all
// the time.
var structures = []struct {
	name string
	boot func(t testing.TB, nodes int) machine
	// ease divides the number of reads of a probe: what a read costs here, with
	// more threads than CPUs, beside one from a local replica. A queue lock is
	// handed to threads that have no CPU, and a message waits for its owner's.
	ease uint64
}{
	{"nr", func(t testing.TB, nodes int) machine { return bootNR(t, nodes, transport.MinLogSlots, 1) }, 1},
	{"nr-2-logs", func(t testing.TB, nodes int) machine { return bootNR(t, nodes, transport.MinLogSlots, 2) }, 2},
	{"nr-4-logs", func(t testing.TB, nodes int) machine { return bootNR(t, nodes, transport.MinLogSlots, 4) }, 2},
	{"multikernel", func(t testing.TB, nodes int) machine { return bootMultikernel(t, nodes, multikernel.Config{}) }, 5000},
	{"multikernel-replicated", bootReplicated, 1000},
	{"biglock-mutex", func(t testing.TB, nodes int) machine { return bootBigLock(t, nodes, biglock.Mutex) }, 10},
	{"biglock-rwlock", func(t testing.TB, nodes int) machine { return bootBigLock(t, nodes, biglock.RWLock) }, 10},
	{"biglock-mcs", func(t testing.TB, nodes int) machine { return bootBigLock(t, nodes, biglock.MCS) }, 2000},
}

type nr struct{ *nrkernel.Group }

func bootNR(t testing.TB, nodes, slots, logs int) machine {
	t.Helper()
	g, err := nrkernel.NewGroup(nodes, func() kernel.Service { return kv.New(kv.Options{}) }, nrkernel.Options{LogSlots: slots, Logs: logs})
	if err != nil {
		t.Fatal(err)
	}
	return nr{g}
}

func (m nr) port(t testing.TB, node, window int) kernel.Port {
	t.Helper()
	p, err := m.Node(node).NewPort(window)
	return opened(t, p, err)
}

func (m nr) digest(t testing.TB) uint64 {
	t.Helper()
	first, at, err := m.Node(0).Digest()
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Replicas() {
		d, indices, err := m.Node(i).Digest()
		if err != nil || d != first || !slices.Equal(indices, at) {
			t.Errorf("node %d: digest %x at %d, node 0: %x at %d (%v)", i, d, indices, first, at, err)
		}
	}
	return first
}

type mesh []*multikernel.Node

// copies is a mesh whose nodes have a copy of kv each.
type copies struct{ mesh }

func bootReplicated(t testing.TB, nodes int) machine {
	return copies{bootMultikernel(t, nodes, multikernel.Config{Replicated: []kernel.ServiceID{kv.ID}}).(mesh)}
}

// digest waits until all copies have applied as much as the first: what is
// committed reaches them all.
func (m copies) digest(t testing.TB) uint64 {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		first, at, err := m.mesh[0].Digest()
		if err != nil {
			t.Fatal(err)
		}
		same := true
		for _, n := range m.mesh {
			d, index, err := n.Digest()
			if err != nil {
				t.Fatal(err)
			}
			if same = same && index == at; index == at && d != first {
				t.Fatalf("at index %d node %d has digest %x, node 0 %x", at, n.ID(), d, first)
			}
		}
		if same {
			return first
		}
		if time.Now().After(deadline) {
			t.Fatal("the copies do not come to one index")
		}
	}
}

func bootMultikernel(t testing.TB, nodes int, c multikernel.Config) machine {
	t.Helper()
	return bootMeshOf(t, kv.Definition(), nodes, c)
}

func (m mesh) port(t testing.TB, node, window int) kernel.Port {
	t.Helper()
	p, err := m[node].NewPort(window)
	return opened(t, p, err)
}

func (m mesh) digest(t testing.TB) uint64 {
	t.Helper()
	var sum uint64
	for _, n := range m {
		d, _, err := n.Digest()
		if err != nil {
			t.Fatal(err)
		}
		sum += d
	}
	return sum
}

type bigLock struct{ *biglock.Machine }

func bootBigLock(t testing.TB, nodes int, kind biglock.Kind) machine {
	t.Helper()
	m, err := biglock.New(newTable(t), biglock.Config{Kind: kind, Nodes: nodes})
	if err != nil {
		t.Fatal(err)
	}
	return bigLock{m}
}

func (m bigLock) port(t testing.TB, node, window int) kernel.Port {
	t.Helper()
	p, err := m.NewPort(node, window)
	return opened(t, p, err)
}

func (m bigLock) digest(t testing.TB) uint64 {
	t.Helper()
	d, _, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newTable(t testing.TB) *kernel.Table {
	t.Helper()
	return tableOf(t, kv.Definition())
}

// opened returns a port that is closed with the test.
func opened(t testing.TB, p kernel.Port, err error) kernel.Port {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(fmt.Errorf("close: %w", err))
		}
	})
	return p
}
