package multikernel_test

import (
	"slices"
	"testing"

	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/transport"
)

// TestHandOvers: calls that each wait for the one before hand over a line for
// each message, by the node that sent it; the data of a value is payload.
func TestHandOvers(t *testing.T) {
	nodes := boot(t, 2, multikernel.MinRing)
	client := kv.Client{Port: newPort(t, nodes[0], 1)}
	const calls = 10 // fewer than a ring holds, and than are acknowledged bare
	remote := uint64(0)
	for key := uint64(0); remote < calls/2; key++ {
		if _, err := client.PutBytes(key, make([]byte, 56)); err != nil {
			t.Fatal(err)
		}
		if nodes[1].Traffic().Messages > remote {
			remote++
		}
	}
	want := []transport.HandOver{
		{From: 0, To: 1, Cause: transport.CauseMessage, Lines: remote},
		{From: 0, To: 1, Cause: transport.CausePayload, Lines: remote},
	}
	if got := nodes[1].HandOvers(); !slices.Equal(got, want) {
		t.Errorf("node 1 took %+v, want %+v", got, want)
	}
	want = []transport.HandOver{{From: 1, To: 0, Cause: transport.CauseMessage, Lines: remote}}
	if got := nodes[0].HandOvers(); !slices.Equal(got, want) {
		t.Errorf("node 0 took %+v, want %+v", got, want)
	}
	sum := uint64(0)
	for _, n := range nodes {
		for _, h := range n.HandOvers() {
			sum += h.Lines
		}
	}
	if all := nodes[0].Traffic().Add(nodes[1].Traffic()).HandOvers(); all != sum {
		t.Errorf("the matrix has %d lines, the traffic %d", sum, all)
	}
}
