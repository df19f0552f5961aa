//go:build nrkern_assert

package multikernel

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/transport"
)

// TestAssertions: what a turn must not leave behind is found, and named.
func TestAssertions(t *testing.T) {
	for _, x := range []struct {
		want   string
		damage func(n *Node)
	}{
		{"", func(*Node) {}},
		{"node 1 has answered 2 requests more than it got", func(n *Node) { n.peers[1].owes = -2 }},
		{"a shard is locked by", func(n *Node) {
			for range 2 {
				l := &task{}
				l.shards.Add(1)
				n.tasks.locked = append(n.tasks.locked, l)
			}
		}},
		{"prepared 0 (of all below: 0, told above: 0), committed 3", func(n *Node) { n.copies.streams[0].committed = 3 }},
	} {
		n := &Node{
			station: combining.NewStation(&transport.Goroutines), bells: make([]*transport.Bell, 2), peers: []*peer{nil, {id: 1}},
			copies: &copies{streams: make([]stream, 1)},
		}
		x.damage(n)
		if said := assert.Caught(n.assertTurn); said != x.want && (x.want == "" || !strings.Contains(said, x.want)) {
			t.Errorf("it said %q, want %q", said, x.want)
		}
	}
}
