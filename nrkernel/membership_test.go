package nrkernel_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// cluster is nodes of kv that share nothing but their logs.
type cluster struct {
	segment *transport.Segment
	logs    *nrkernel.Logs
	nodes   []*nrkernel.Node
}

func newCluster(t *testing.T, nodes, logs int) *cluster {
	t.Helper()
	layout := new(transport.Layout)
	if err := nrkernel.AddLogs(layout, logs, transport.MinLogSlots, nodes, 0); err != nil {
		t.Fatal(err)
	}
	c := new(cluster)
	var err error
	if c.segment, err = transport.Local(layout); err != nil {
		t.Fatal(err)
	}
	if c.logs, err = nrkernel.OpenLogs(c.segment); err != nil {
		t.Fatal(err)
	}
	c.logs.Prepare()
	for id := range nodes {
		c.nodes = append(c.nodes, c.open(t, nrkernel.Config{ID: id}))
	}
	return c
}

func (c *cluster) open(t *testing.T, config nrkernel.Config) *nrkernel.Node {
	t.Helper()
	n, err := nrkernel.NewNode(c.logs, func() (*kernel.Table, error) { return kernel.NewTable(kv.Definition()) }, config)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (c *cluster) put(t *testing.T, node int, key, word uint64) {
	t.Helper()
	p := nodePort(t, c.nodes[node], 1)
	if _, err := (kv.Client{Port: p}).Put(key, word); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFenceSealsWhatADeadNodeReserved: a node dies with a reservation of six
// slots: one record published, one whose first header is missing while its data is
// there, two slots untouched. The others pass it, apply what was published, and go
// on round the log many times.
func TestFenceSealsWhatADeadNodeReserved(t *testing.T) {
	c := newCluster(t, 3, 1)
	c.put(t, 0, 1, 10)
	store, err := transport.OpenLog(c.segment, "log")
	if err != nil {
		t.Fatal(err)
	}
	const dead, slots = 2, 6
	at := store.Control.Tail.Load()
	store.Replicas[dead].Filling.Store(at + 1)
	store.Control.Tail.Swap(at + slots)
	head := func(i uint64, op kernel.Op) {
		kernel.EncodeHead(store.At(at+i).Fill(), &op, kernel.Origin{Node: dead})
	}
	head(0, kv.Put(2, 20))
	store.At(at).Publish(transport.Generation(at))
	data := kv.PutBytes(3, make([]byte, 100)) // three slots, the first unpublished
	head(1, data)
	for i := range uint64(2) {
		// What would be a record, if it were taken for one.
		kernel.EncodeHead(store.At(at+2+i).Fill(), &kernel.Op{Service: kv.ID, Code: kv.CodePut, Args: [6]uint64{9, 9}}, kernel.Origin{})
		store.At(at + 2 + i).Publish(transport.Continuation(at + 2 + i))
	}

	sealed, err := c.logs.Fence(dead, func(int) bool { return true }, &transport.Goroutines)
	if err != nil || sealed != slots-1 {
		t.Errorf("%d slots sealed (%v), want %d", sealed, err, slots-1)
	}
	if again, err := c.logs.Fence(dead, func(int) bool { return true }, &transport.Goroutines); again != 0 || err != nil || c.logs.Standing(dead, 0).Member {
		t.Errorf("fenced again: %d slots sealed (%v)", again, err)
	}
	for i := range uint64(5 * transport.MinLogSlots) { // node 1 follows where it reads
		c.put(t, int(i%2), 100+i%7, i)
	}
	for id := range 2 {
		client := kv.Client{Port: nodePort(t, c.nodes[id], 1)}
		if got, err := client.Get(2); got != 20 || err != nil {
			t.Errorf("node %d: what was published holds %d (%v), want 20", id, got, err)
		}
		for _, key := range []uint64{3, 9} {
			if _, err := client.GetAny(key); !errors.Is(err, kv.ErrNotFound) {
				t.Errorf("node %d: key %d of a record that was not published: %v", id, key, err)
			}
		}
	}
}

// TestFenceWaitsForLiveNodes: a slot that a live node has reserved is not sealed.
func TestFenceWaitsForLiveNodes(t *testing.T) {
	c := newCluster(t, 3, 1)
	store, err := transport.OpenLog(c.segment, "log")
	if err != nil {
		t.Fatal(err)
	}
	store.Replicas[1].Filling.Store(1)
	store.Control.Tail.Swap(1)
	asked := 0
	live := func(id int) bool {
		if asked++; asked == 3 { // it publishes meanwhile
			op := kv.Put(5, 50)
			kernel.EncodeHead(store.At(0).Fill(), &op, kernel.Origin{Node: 1})
			store.At(0).Publish(transport.Generation(0))
			store.Replicas[1].Filling.Store(0)
		}
		return id == 1
	}
	if sealed, err := c.logs.Fence(2, live, &transport.Goroutines); sealed != 0 || err != nil {
		t.Errorf("%d slots sealed (%v), want none", sealed, err)
	}
	c.put(t, 0, 6, 60) // and applies what comes before
	if got, err := (kv.Client{Port: nodePort(t, c.nodes[0], 1)}).Get(5); got != 50 || err != nil {
		t.Errorf("key 5 holds %d (%v)", got, err)
	}
}

// TestAdmitLate: a node takes the place of one that died, with the state of one
// that lives, in one log and in several, and follows from there.
func TestAdmitLate(t *testing.T) {
	for _, logs := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d logs", logs), func(t *testing.T) {
			c := newCluster(t, 2, logs)
			for i := range uint64(40) {
				c.put(t, 0, i, i+1)
			}
			if _, err := c.logs.Fence(1, func(int) bool { return true }, &transport.Goroutines); err != nil {
				t.Fatal(err)
			}
			for i := range uint64(10 * transport.MinLogSlots) { // round the logs, without it
				c.put(t, 0, i%50, i)
			}
			var state bytes.Buffer
			if err := c.nodes[0].Admit(1, &state); err != nil {
				t.Fatal(err)
			}
			for i := range uint64(10) {
				c.put(t, 0, 1000+i, i)
			}
			c.nodes[1] = c.open(t, nrkernel.Config{ID: 1, Snapshot: &state})
			c.put(t, 1, 2000, 1)
			want, at, err := c.nodes[0].Digest()
			if err != nil {
				t.Fatal(err)
			}
			if got, index, err := c.nodes[1].Digest(); got != want || fmt.Sprint(index) != fmt.Sprint(at) || err != nil {
				t.Errorf("digest %x at %v (%v), want %x at %v", got, index, err, want, at)
			}
			for _, id := range []int{-1, 0, 2} {
				if err := c.nodes[0].Admit(id, &state); !errors.Is(err, nrkernel.ErrReplica) {
					t.Errorf("node 0 admits node %d: %v", id, err)
				}
			}
		})
	}
	c := newCluster(t, 2, 1)
	_, err := nrkernel.NewNode(c.logs, func() (*kernel.Table, error) { return kernel.NewTable(kv.Definition()) },
		nrkernel.Config{ID: 1, Snapshot: bytes.NewReader([]byte("short"))})
	if !errors.Is(err, kv.ErrSnapshot) {
		t.Errorf("a snapshot that was cut off: %v", err)
	}
}
