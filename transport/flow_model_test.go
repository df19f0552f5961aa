package transport

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// flow is one end of any flow control.
type flow interface {
	MaxMessage() int
	Credit(n int) bool
	Fill(i int) *Payload
	Send(n int)
	Receive() *Payload
	Part(i int) *Payload
	Release(n int)
}

var (
	_ flow = (*Channel)(nil)
	_ flow = (*UsedBit)(nil)
	_ flow = (*AckWord)(nil)
)

// flows makes a pair of ends of each flow control.
var flows = map[string]func(ring0, ring1 int) (a, b flow, err error){
	"epoch": func(n, m int) (flow, flow, error) {
		forth, back := Apart[Slot](n), Apart[Slot](m)
		a, err := NewChannel(forth, back)
		b, err2 := NewChannel(back, forth)
		return a, b, errors.Join(err, err2)
	},
	"used-bit": func(n, m int) (flow, flow, error) {
		forth, back := Apart[Slot](n), Apart[Slot](m)
		a, err := NewUsedBit(forth, back)
		b, err2 := NewUsedBit(back, forth)
		return a, b, errors.Join(err, err2)
	},
	"ack-word": func(n, m int) (flow, flow, error) {
		forth, back := Apart[Slot](n), Apart[Slot](m)
		acks := Apart[Line](2)
		a, err := NewAckWord(forth, back, &acks[0].Word, &acks[1].Word)
		b, err2 := NewAckWord(back, forth, &acks[1].Word, &acks[0].Word)
		return a, b, errors.Join(err, err2)
	},
}

func fillFlow(c flow, id uint64, slots int) {
	for i := slots - 1; i >= 0; i-- {
		p := c.Fill(i)
		for k := range p {
			p[k] = word(id, slots, i, k)
		}
	}
}

func checkFlow(c flow, first *Payload, id uint64, slots int) error {
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

// flowEnd is an end with what the model knows of it.
type flowEnd struct {
	name   string
	c      flow
	peer   *flowEnd
	inbox  []message
	first  *Payload
	nextID uint64
}

// TestFlowModel compares each flow control with two first-in first-out queues,
// over random interleavings of what its two ends do.
func TestFlowModel(t *testing.T) {
	for name, makePair := range flows {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				ca, cb, err := makePair(someRing.Draw(t, "ring a"), someRing.Draw(t, "ring b"))
				if err != nil {
					t.Fatal(err)
				}
				a, b := &flowEnd{name: "a", c: ca}, &flowEnd{name: "b", c: cb}
				a.peer, b.peer = b, a
				someEnd := rapid.SampledFrom([]*flowEnd{a, b})
				slotsFor := func(e *flowEnd) int {
					return rapid.IntRange(1, min(longest, e.c.MaxMessage())).Draw(t, "slots")
				}
				send := func(e *flowEnd, slots int) {
					fillFlow(e.c, e.nextID, slots)
					e.c.Send(slots)
					e.peer.inbox = append(e.peer.inbox, message{e.nextID, slots})
					e.nextID++
				}
				receive := func(e *flowEnd) {
					e.first = e.c.Receive()
					if (e.first != nil) != (len(e.inbox) > 0) {
						t.Fatalf("%s: received %v, but %d messages are under way", e.name, e.first != nil, len(e.inbox))
					}
				}
				release := func(e *flowEnd) {
					if err := checkFlow(e.c, e.first, e.inbox[0].id, e.inbox[0].slots); err != nil {
						t.Fatalf("%s: %v", e.name, err)
					}
					e.c.Release(e.inbox[0].slots)
					e.inbox, e.first = e.inbox[1:], nil
				}
				t.Repeat(map[string]func(*rapid.T){
					"send until full": func(t *rapid.T) {
						e := someEnd.Draw(t, "end")
						for n := slotsFor(e); e.c.Credit(n); {
							send(e, n)
						}
					},
					"send": func(t *rapid.T) {
						e := someEnd.Draw(t, "end")
						if n := slotsFor(e); e.c.Credit(n) {
							send(e, n)
						}
					},
					"fill and abandon": func(t *rapid.T) {
						if e := someEnd.Draw(t, "end"); e.c.Credit(2) {
							fillFlow(e.c, 1<<39, 2)
						}
					},
					"receive": func(t *rapid.T) { receive(someEnd.Draw(t, "end")) },
					"release": func(t *rapid.T) {
						if e := someEnd.Draw(t, "end"); e.first != nil {
							release(e)
						}
					},
				})
				// When both have taken everything, the longest message can be sent.
				for range 4 {
					for _, e := range []*flowEnd{a, b} {
						for receive(e); e.first != nil; receive(e) {
							release(e)
						}
					}
				}
				for _, e := range []*flowEnd{a, b} {
					most := e.c.MaxMessage()
					if !e.c.Credit(most) {
						t.Fatalf("%s: everything was received, but there is no credit for a message of %d slots", e.name, most)
					}
					if most <= 255 { // the length that word names
						send(e, most)
						receive(e.peer)
						release(e.peer)
					}
				}
			})
		})
	}
}

// TestFlowThreads: two threads, each sending and receiving, over small rings.
func TestFlowThreads(t *testing.T) {
	const messages = 5_000
	turn := func(c flow, there flow) error {
		w := NewWaiter(&Oversubscribed)
		deadline := time.Now().Add(patience)
		for sent, received := uint64(0), uint64(0); sent < messages || received < messages; {
			progress := false
			if n := slotsOf(sent, c.MaxMessage()); sent < messages && c.Credit(n) {
				fillFlow(c, sent, n)
				c.Send(n)
				sent++
				progress = true
			}
			if p := c.Receive(); p != nil {
				n := slotsOf(received, there.MaxMessage())
				if err := checkFlow(c, p, received, n); err != nil {
					return err
				}
				c.Release(n)
				received++
				progress = true
			}
			if progress {
				w.Reset()
				continue
			}
			if w.Patient() && time.Now().After(deadline) {
				return fmt.Errorf("stuck: sent %d, received %d of %d", sent, received, messages)
			}
			w.Pause()
		}
		return nil
	}
	for name, makePair := range flows {
		for _, ring := range []int{4, 16, 256} {
			t.Run(fmt.Sprintf("%s/%d", name, ring), func(t *testing.T) {
				a, b, err := makePair(ring, ring)
				if err != nil {
					t.Fatal(err)
				}
				there := make(chan error)
				go func() { there <- turn(b, a) }()
				here := turn(a, b)
				if err := errors.Join(here, <-there); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
