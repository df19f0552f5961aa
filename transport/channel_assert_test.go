//go:build nrkern_assert

package transport

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/internal/assert"
)

// TestChannelAssertions: each says what was found.
func TestChannelAssertions(t *testing.T) {
	sent := func(n int) (a, b *Channel) {
		a, b = newPair(t, 8, 8, 0)
		a.Fill(n - 1)
		a.Send(n)
		return a, b
	}
	for _, x := range []struct {
		want string
		f    func()
	}{
		{"", func() {
			a, b := sent(3)
			b.Receive()
			b.Release(3)
			a.Receive()
		}},
		{"8 slots are sent, on top of 0", func() { sent(8) }},
		{"slot 0 was written over, with slot 8,", func() {
			a, b := sent(1)
			b.Receive()
			a.tx[0].Publish(a.header(8, kindFirst))
			b.Release(1)
		}},
		{"3 slots are acknowledged, and 1 were sent", func() {
			a, b := sent(1)
			b.taken = 3
			b.tx[0].Publish(b.header(0, kindFirst))
			a.Receive()
		}},
		{"slot 0 continues a message", func() {
			a, b := sent(1)
			a.tx[0].Publish(a.header(0, kindContinuation))
			b.Receive()
		}},
	} {
		if said := assert.Caught(x.f); said != x.want && (x.want == "" || !strings.Contains(said, x.want)) {
			t.Errorf("it said %q, want %q", said, x.want)
		}
	}
}
