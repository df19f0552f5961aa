package nrkernel_test

import (
	"testing"
	"time"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// TestIdleReplicaIsLazy: an attended replica that nobody calls leaves the writer's
// lines alone while it is a little behind, never keeps a writer from going on, and
// is up to date when it is called.
func TestIdleReplicaIsLazy(t *testing.T) {
	for _, logs := range []int{1, 2} {
		const slots = nrkernel.DefaultLazyFrom
		g := newKVGroup(t, 2, logs, slots)
		idle := g.Node(1)
		if !idle.Sleeps() || newKVGroup(t, 2, logs, slots/2).Node(1).Sleeps() {
			t.Error("a replica of a large log is to be lazy, of a small one not")
		}
		var stop transport.Line
		ended := make(chan error, 1)
		go func() { ended <- combining.Attend(idle, &stop.Word, &transport.Goroutines) }()
		for deadline := time.Now().Add(time.Minute); !idle.Bell().Parked(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("with nothing to do it does not sleep")
			}
		}
		writer := kv.Client{Port: nodePort(t, g.Node(0), 1)}
		write := func(n int) {
			t.Helper()
			for i := range n {
				if _, err := writer.Put(uint64(i), uint64(i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		write(slots / 8)
		for log := range logs {
			if at := idle.Replica(log).Positions().Applied; at != 0 {
				t.Errorf("%d logs: it has applied %d slots of log %d, and nobody needs it", logs, at, log)
			}
		}
		write(slots * 8) // which wait for it now and then
		behind := false
		for log := range logs {
			p := idle.Replica(log).Positions()
			behind = behind || p.Applied != p.Tail
		}
		reader := kv.Client{Port: nodePort(t, idle, 1)}
		for i := range 10 {
			key := uint64(slots*8 - 1 - i)
			if got, err := reader.Get(key); got != key || err != nil {
				t.Errorf("%d logs: key %d holds %d (%v)", logs, key, got, err)
			}
		}
		if !behind {
			t.Logf("%d logs: it happened to be at the tail", logs)
		}
		stop.Store(1)
		idle.Bell().Wake()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
