package transport

import (
	"errors"
	"testing"
)

// TestChannelCreditReturns: a sender whose peer only listens gets its credit
// back, whatever it sent before a message of the greatest length.
func TestChannelCreditReturns(t *testing.T) {
	for ring := MinRing; ring <= 512; ring *= 2 {
		for before := range 2 * ring {
			a, b := newPair(t, ring, MinRing, 0)
			for range before {
				for n := 0; !a.Credit(1); n++ {
					if n > 3 {
						t.Fatalf("ring of %d: no credit for one slot", ring)
					}
					a.Receive()
					b.Receive()
				}
				a.Send(1)
				if b.Receive() == nil {
					t.Fatal("lost")
				}
				b.Release(1)
			}
			for range 3 {
				a.Receive()
				b.Receive()
			}
			if !a.Credit(a.MaxMessage()) {
				t.Fatalf("ring of %d, %d slots sent before, all taken: no credit for a message of %d: %+v", ring, before, a.MaxMessage(), a.Position())
			}
		}
	}
}

// TestChannelFullBothWays fills both rings before anybody receives.
func TestChannelFullBothWays(t *testing.T) {
	for _, ring := range []int{4, 8, 16, 32, 512} {
		for _, slots := range []int{1, 2, 3, longest} {
			a, b := newPair(t, ring, ring, 0)
			slots = min(slots, a.MaxMessage())
			const messages = 2000
			var sent, received [2]int
			ends := [2]*Channel{a, b}
			for turns := 0; received[0] < messages || received[1] < messages; turns++ {
				if turns > 4*messages {
					t.Fatalf("ring of %d, messages of %d: stuck at %v of %d: %+v, %+v", ring, slots, received, messages, a.Position(), b.Position())
				}
				for e, c := range ends {
					for sent[e] < messages && c.Credit(slots) {
						fillMessage(c, uint64(sent[e]), slots)
						c.Send(slots)
						sent[e]++
					}
				}
				for e, c := range ends {
					for p := c.Receive(); p != nil; p = c.Receive() {
						if err := checkMessage(c, p, uint64(received[e]), slots); err != nil {
							t.Fatal(err)
						}
						c.Release(slots)
						received[e]++
					}
				}
			}
		}
	}
}

// TestChannelReuse: SlotsReused counts exactly the slots written over.
func TestChannelReuse(t *testing.T) {
	a, b := newPair(t, 8, 8, 0)
	for range 5 {
		for !a.Credit(3) {
			a.Receive()
		}
		a.Send(3)
		b.Receive()
		b.Release(3)
	}
	if got, want := a.SlotsReused(), a.Position().Sent-8; got != want {
		t.Errorf("%d slots written over, want %d", got, want)
	}
}

// TestChannelPiggyback: a message the other way carries the acknowledgement,
// and no bare one is sent.
func TestChannelPiggyback(t *testing.T) {
	a, b := newPair(t, 16, 16, 1<<16-20)
	for i := range 1000 {
		for _, e := range [][2]*Channel{{a, b}, {b, a}} {
			if !e[0].Credit(1) {
				t.Fatalf("round %d: no credit", i)
			}
			e[0].Send(1)
			if e[1].Receive() == nil {
				t.Fatalf("round %d: lost", i)
			}
			e[1].Release(1)
		}
	}
	if n := a.Acks.Load() + b.Acks.Load(); n != 0 {
		t.Errorf("%d bare acknowledgements between messages both ways", n)
	}
}

// TestChannelOneWay: acknowledgements of acknowledgements die out.
func TestChannelOneWay(t *testing.T) {
	for ring := MinRing; ring <= 512; ring *= 2 {
		a, b := newPair(t, ring, ring, 0)
		const messages = 5000
		for range messages {
			for n := 0; !a.Credit(1); n++ {
				if n > 3 {
					t.Fatalf("ring of %d: stuck", ring)
				}
				a.Receive()
				b.Receive()
			}
			a.Send(1)
			b.Receive()
			b.Release(1)
		}
		before := a.Acks.Load() + b.Acks.Load()
		for range 100 {
			a.Receive()
			b.Receive()
		}
		if more := a.Acks.Load() + b.Acks.Load() - before; more > 20 {
			t.Errorf("ring of %d: %d acknowledgements on a channel at rest", ring, more)
		}
		if before > messages {
			t.Errorf("ring of %d: %d acknowledgements for %d messages", ring, before, messages)
		}
	}
}

func TestBadRings(t *testing.T) {
	good := make([]Slot, 8)
	for _, n := range []int{0, 1, 2, 3, 5, 6, 7, 12, 100, MaxRing + 1, MaxRing * 2} {
		bad := make([]Slot, n)
		for _, rings := range [][2][]Slot{{good, bad}, {bad, good}, {bad, bad}} {
			if c, err := NewChannel(rings[0], rings[1]); !errors.Is(err, ErrRing) || c != nil {
				t.Errorf("rings of %d and %d slots: %v", len(rings[0]), len(rings[1]), err)
			}
		}
	}
	for _, n := range []int{MinRing, MaxRing} {
		ring := make([]Slot, n)
		if _, err := NewChannel(ring, ring); err != nil {
			t.Errorf("rings of %d slots: %v", n, err)
		}
	}
}

// TestChannelLargestRing: the 16-bit acknowledgement is unambiguous up to
// MaxRing, full to the last slot.
func TestChannelLargestRing(t *testing.T) {
	a, b := newPair(t, MaxRing, MaxRing, 1<<46-MaxRing/2)
	for lap := range 6 {
		n := 0
		for ; a.Credit(1); n++ {
			a.Fill(0)[0] = uint64(n)
			a.Send(1)
		}
		for i := range n {
			if p := b.Receive(); p == nil || p[0] != uint64(i) {
				t.Fatalf("lap %d: message %d of %d: %v", lap, i, n, p)
			}
			b.Release(1)
		}
		for range 3 {
			a.Receive()
			b.Receive()
		}
		if !a.Credit(a.MaxMessage()) {
			t.Fatalf("lap %d: %+v", lap, a.Position())
		}
	}
}
