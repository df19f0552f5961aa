//go:build nrkern_assert

package nrkernel

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
)

// TestLogAssertions: what somebody did to the words of a log is found, and named.
func TestLogAssertions(t *testing.T) {
	for _, x := range []struct {
		want   string
		damage func(s *transport.LogStore)
	}{
		{"", func(*transport.LogStore) {}},
		{"ctail goes back from 1 to 0", func(s *transport.LogStore) { s.Control.Completed.Store(0) }},
		{"ctail 9 is beyond the tail 2", func(s *transport.LogStore) { s.Control.Completed.Store(9) }},
		{"ltail goes back from 7 to 2", func(s *transport.LogStore) { s.Replicas[0].Applied.Store(7) }},
		{"writes log index 1, and the header of its slot is 0x2", func(s *transport.LogStore) { s.Slots[1].Publish(2) }},
		{"reserves log slots up to 66, and replica 0 has applied 1", func(s *transport.LogStore) {
			s.Control.Tail.Store(65) // as if it had not looked at the ltails
		}},
	} {
		g, err := NewGroup(2, func() kernel.Service { return kv.New(kv.Options{}) }, Options{LogSlots: transport.MinLogSlots})
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Replica(0).NewPort(1)
		if err != nil {
			t.Fatal(err)
		}
		put := func() {
			if _, err := kernel.Call(p, kv.Put(1, 1)); err != nil {
				t.Fatal(err)
			}
		}
		put()
		l := g.Replica(0).log
		x.damage(l.store)
		l.lookAt = 1 << 20
		if said := assert.Caught(put); said != x.want && (x.want == "" || !strings.Contains(said, x.want)) {
			t.Errorf("it said %q, want %q", said, x.want)
		}
	}
}
