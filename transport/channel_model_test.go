package transport

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// longest is the longest message that the tests send, in slots: the longest
// record (1 KiB of data) takes 20.
const longest = 20

// word is what word k of slot i of a message holds: different everywhere, so
// that a lost, repeated, moved or torn slot shows.
func word(id uint64, slots, i, k int) uint64 {
	return (id<<24 | uint64(slots)<<16 | uint64(i)<<8 | uint64(k)) * 0x9e3779b97f4a7c15
}

func fillMessage(c *Channel, id uint64, slots int) {
	for i := slots - 1; i >= 0; i-- {
		p := c.Fill(i)
		for k := range p {
			p[k] = word(id, slots, i, k)
		}
	}
}

// checkMessage compares the message that Receive returned with what was sent.
func checkMessage(c *Channel, first *Payload, id uint64, slots int) error {
	for i := range slots {
		p := first
		if i > 0 {
			p = c.Part(i)
		}
		for k, v := range p {
			if want := word(id, slots, i, k); v != want {
				return fmt.Errorf("message %d of %d slots: word %d of slot %d is %#x, want %#x", id, slots, k, i, v, want)
			}
		}
	}
	return nil
}

type message struct {
	id    uint64
	slots int
}

// end is one end of a channel with what the model knows of it.
type end struct {
	name   string
	c      *Channel
	peer   *end
	inbox  []message // sent by the peer, not yet released here
	first  *Payload  // of inbox[0], if it was received
	nextID uint64
}

func newPair(t interface {
	Helper()
	Fatal(args ...any)
}, ring0, ring1 int, start int,
) (*Channel, *Channel) {
	t.Helper()
	forth, back := Apart[Slot](ring0), Apart[Slot](ring1)
	a, err := newChannelAt(forth, back, start)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newChannelAt(back, forth, start)
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func (e *end) send(t *rapid.T, slots int) {
	id := e.nextID
	e.nextID++
	fillMessage(e.c, id, slots)
	e.c.Send(slots)
	e.peer.inbox = append(e.peer.inbox, message{id, slots})
}

// receive looks for the next message, and compares with the model.
func (e *end) receive(t *rapid.T) {
	p := e.c.Receive()
	if (p != nil) != (len(e.inbox) > 0) {
		t.Fatalf("%s: received %v, but %d messages are under way", e.name, p != nil, len(e.inbox))
	}
	e.first = p
	e.check(t)
}

func (e *end) check(t *rapid.T) {
	if e.first != nil {
		if err := checkMessage(e.c, e.first, e.inbox[0].id, e.inbox[0].slots); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
	}
}

func (e *end) release(t *rapid.T) {
	e.check(t) // it stayed what it was, whatever the peer sent meanwhile
	e.c.Release(e.inbox[0].slots)
	e.inbox, e.first = e.inbox[1:], nil
}

// invariants hold between any two calls.
func (e *end) invariants(t *rapid.T) {
	c := e.c
	if out := c.sent - c.acked; out < 0 || out > len(c.tx) {
		t.Fatalf("%s: %d slots are unacknowledged, the ring has %d", e.name, out, len(c.tx))
	}
	if e.peer.c.taken-c.acked < 0 {
		t.Fatalf("%s believes that %d slots were taken, the peer took %d", e.name, c.acked, e.peer.c.taken)
	}
	if c.Credit(len(c.tx)) {
		t.Fatalf("%s: credit for a whole ring, which leaves no room for an acknowledgement", e.name)
	}
}

// drain receives everything at both ends, until nothing moves.
func drain(t *rapid.T, a, b *end) {
	for range 8 {
		for _, e := range []*end{a, b} {
			for {
				if e.first == nil {
					e.receive(t)
				}
				if e.first == nil {
					break
				}
				e.release(t)
				e.invariants(t)
			}
		}
	}
}

var (
	someRing  = rapid.SampledFrom([]int{4, 4, 8, 8, 16, 32, 64, 128, 256, 512})
	someStart = rapid.Custom(func(t *rapid.T) int {
		base := rapid.SampledFrom([]int{0, 1 << 16, 5 << 16, 1 << 46, 3 << 46}).Draw(t, "base")
		if base == 0 {
			return 0
		}
		return base - rapid.IntRange(0, 600).Draw(t, "before")
	})
)

// TestChannelModel compares a channel with two first-in first-out queues, over
// random interleavings of what its two ends do. Single-threaded: what is sent
// is there at once, so that a nil Receive with messages under way is an error.
func TestChannelModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		forth, back := someRing.Draw(t, "ring a"), someRing.Draw(t, "ring b")
		start := someStart.Draw(t, "start")
		ca, cb := newPair(t, forth, back, start)
		a, b := &end{name: "a", c: ca}, &end{name: "b", c: cb}
		a.peer, b.peer = b, a
		someEnd := rapid.SampledFrom([]*end{a, b})
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				e := someEnd.Draw(t, "end")
				slots := rapid.IntRange(1, min(longest, e.c.MaxMessage())).Draw(t, "slots")
				if !e.c.Credit(slots) {
					t.Skip("no credit")
				}
				e.send(t, slots)
			},
			"send until full": func(t *rapid.T) {
				e := someEnd.Draw(t, "end")
				slots := rapid.IntRange(1, min(longest, e.c.MaxMessage())).Draw(t, "slots")
				for e.c.Credit(slots) {
					e.send(t, slots)
				}
			},
			"fill and abandon": func(t *rapid.T) {
				e := someEnd.Draw(t, "end")
				if !e.c.Credit(2) {
					t.Skip("no credit")
				}
				fillMessage(e.c, math.MaxUint64, 2)
			},
			"receive": func(t *rapid.T) {
				e := someEnd.Draw(t, "end")
				e.receive(t)
			},
			"release": func(t *rapid.T) {
				e := someEnd.Draw(t, "end")
				if e.first == nil {
					t.Skip("nothing received")
				}
				e.release(t)
			},
			"drain one": func(t *rapid.T) {
				e := someEnd.Draw(t, "end")
				for len(e.inbox) > 0 {
					e.receive(t)
					e.release(t)
				}
			},
			"": func(t *rapid.T) {
				a.invariants(t)
				b.invariants(t)
			},
		})
		drain(t, a, b)
		// A message that fits can be sent, though the peer only listens.
		for _, e := range []*end{a, b} {
			most := e.c.MaxMessage()
			if !e.c.Credit(most) {
				t.Fatalf("%s: everything was received, but there is no credit for a message of %d slots of a ring of %d: %+v", e.name, most, len(e.c.tx), e.c.Position())
			}
			e.send(t, most)
			drain(t, a, b)
		}
		for _, e := range []*end{a, b} {
			if in := e.c.SlotsIn(); in != e.peer.c.Position().Sent-uint64(start) {
				t.Fatalf("%s: %d slots came in of %d sent", e.name, in, e.peer.c.Position().Sent-uint64(start))
			}
			if e.c.Messages.Load() != e.nextID {
				t.Fatalf("%s: %d messages counted, %d sent", e.name, e.c.Messages.Load(), e.nextID)
			}
		}
	})
}
