package log

import (
	"testing"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// TestAppenders: every entry that counts was applied at each replica, in batches
// of one reservation, and long ones take their slots.
func TestAppenders(t *testing.T) {
	topology, err := numa.Discover()
	if err != nil {
		t.Fatal(err)
	}
	cpus := topology.Usable()
	pair := []int{cpus[0], cpus[len(cpus)-1]}
	for _, p := range []point{{replicas: 1, batch: 8, slots: 1 << 10}, {replicas: 2, batch: 4, bytes: 1008, slots: 1 << 12}} {
		a, err := newAppenders(p, []int{topology.Nodes[0].Physical, topology.Nodes[0].Physical}[:p.replicas])
		if err != nil {
			t.Fatal(err)
		}
		r, err := measure.Crew(pair[:p.replicas], measure.Span{Duration: 20 * time.Millisecond}, a.job())
		if err != nil {
			t.Fatal(err)
		}
		seen := nrTraffic(a.traffic())
		if seen.LogEntries != r.Operations {
			t.Errorf("%+v: %d entries for %d appends", p, seen.LogEntries, r.Operations)
		}
		if slots := seen.slotsPerEntry(); r.Operations > 0 && (p.bytes == 0 && slots != 1 || p.bytes > 0 && slots < 19) {
			t.Errorf("%+v: %v slots an entry", p, slots)
		}
		first, _, err := a.replicas[0].Digest()
		if err != nil {
			t.Fatal(err)
		}
		for id, replica := range a.replicas {
			if digest, _, err := replica.Digest(); err != nil || digest != first {
				t.Errorf("replica %d: digest %d, want %d, %v", id, digest, first, err)
			}
		}
		if applied := a.applied(); applied != uint64(p.replicas)*r.Operations {
			t.Errorf("%+v: %d appends were applied %d times at %d replicas", p, r.Operations, applied, p.replicas)
		}
		if err := a.close(); err != nil {
			t.Error(err)
		}
	}
}
