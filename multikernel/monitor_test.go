package multikernel

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
)

// TestSleepersAreWokenBySiblings: a thread that waits for an answer and sleeps
// is rung when another thread of its node, as the monitor, delivers the answer.
func TestSleepersAreWokenBySiblings(t *testing.T) {
	layout := new(transport.Layout)
	if err := AddMesh(layout, 1, MinRing); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	table, err := kernel.NewTable(kv.Definition())
	if err != nil {
		t.Fatal(err)
	}
	n, err := Open(segment, table, Config{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.NewPort(1)
	if err != nil {
		t.Fatal(err)
	}
	p.Ops()[0] = kv.Put(1, 2)
	p.Start(0)
	p.thread.Publish()
	n.Bell().Announce() // as a thread that is about to sleep
	if progress, err := n.Serve(); !progress || err != nil {
		t.Fatalf("Serve: %v, %v", progress, err)
	}
	if n.Bell().Parked() {
		t.Error("the answer was delivered and the sleeper was not rung")
	}
}
