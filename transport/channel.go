package transport

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/tracing/site"
)

// A channel header, written last:
//
//	bits 18-63  number of the slot in the channel's life, modulo 2^46
//	     16-17  kind: first slot of a message, continuation, or bare acknowledgement
//	      0-15  acknowledgement: how many slots the writer has taken from the
//	            other direction, modulo 2^16
//
// The number stands for UMP's epoch bit: a slot is new when it holds the
// number the receiver expects, and what an earlier lap left there differs by
// the size of the ring. Kind is never 0, so zeroed memory is never new.
const (
	kindShift   = 16
	numberShift = 18

	kindFirst        = 1
	kindContinuation = 2
	kindAck          = 3
)

// Limits on the number of slots of a ring. The upper one keeps the 16-bit
// acknowledgement unambiguous.
const (
	MinRing = 4
	MaxRing = 1 << 15
)

// ErrRing is the error of a channel that cannot be built on the given slots.
var ErrRing = errors.New("bad ring")

// Channel is one end of a pair of UMP rings between two nodes: it sends on one
// and receives on the other. It belongs to one thread at a time.
//
// Sending a message of n slots:
//
//	if c.Credit(n) {
//		fill(c.Fill(0)); … fill(c.Fill(n-1))
//		c.Send(n)
//	}
//
// Receiving:
//
//	if p := c.Receive(); p != nil {
//		read(p); read(c.Part(1)); …
//		c.Release(n)
//	}
type Channel struct {
	_              Pad
	tx, rx         []Slot
	txMask, rxMask int

	// These only grow; int is as wide as uint64 and saves the conversions
	// that would keep Fill and Part from being inlined.
	sent   int // slots published on tx, acknowledgements included
	acked  int // slots of tx that the peer has taken
	taken  int // slots taken from rx
	told   int // value of taken that the peer was last told
	begun  int // where both directions began
	dueAck int // when taken-told reaches this, the peer is told

	// Traffic, beside the slots of the cursors: of what this end sent, the messages
	// and the bare acknowledgements; of SlotsIn, the continuations of messages and
	// the acknowledgements.
	Messages, Acks, PartsIn, AcksIn Counter
	_                               Pad
}

// NewChannel returns an end that sends on tx and receives on rx; the other end
// has them the other way round. Both rings are zeroed memory, and their
// lengths powers of two from MinRing to MaxRing.
func NewChannel(tx, rx []Slot) (*Channel, error) {
	return newChannelAt(tx, rx, 0)
}

// newChannelAt starts the life of both rings at a given number, so that tests
// reach its wrap-around.
func newChannelAt(tx, rx []Slot, start int) (*Channel, error) {
	if err := checkRings(tx, rx); err != nil {
		return nil, err
	}
	return &Channel{
		tx: tx, rx: rx, txMask: len(tx) - 1, rxMask: len(rx) - 1,
		sent: start, acked: start, taken: start, told: start, begun: start,
		dueAck: ackAfter(rx),
	}, nil
}

// checkRings refuses rings of lengths that no flow control can use.
func checkRings(tx, rx []Slot) error {
	for _, ring := range [][]Slot{tx, rx} {
		if n := len(ring); n < MinRing || n > MaxRing || bits.OnesCount(uint(n)) != 1 {
			return fmt.Errorf("%w: %d slots: want a power of two from %d to %d", ErrRing, n, MinRing, MaxRing)
		}
	}
	return nil
}

// ackAfter is how many slots of a ring an end takes before it owes the sender a
// bare acknowledgement: a quarter of the ring, so that acknowledgements are few
// and long messages find credit. At least two, or acknowledgements would be
// acknowledged for ever.
func ackAfter(ring []Slot) int { return max(2, len(ring)/4) }

func (c *Channel) header(number int, kind uint64) uint64 {
	if mutant.AckAhead {
		return uint64(number)<<numberShift | kind<<kindShift | uint64(uint16(c.taken+1))
	}
	return uint64(number)<<numberShift | kind<<kindShift | uint64(uint16(c.taken))
}

// MaxMessage is the number of slots of the longest message that can always be
// sent in the end. A peer that took everything and has nothing to say keeps
// quiet about the last slots, fewer than ackAfter; and the last slot of a ring
// is kept for an acknowledgement, or two full rings could wait for each other
// for ever.
func (c *Channel) MaxMessage() int { return len(c.tx) - ackAfter(c.tx) }

// Credit reports whether a message of n slots can be sent now. It does not
// touch shared memory: credit comes with what Receive finds, so that a sender
// without credit must go on receiving. It comes for up to MaxMessage slots.
func (c *Channel) Credit(n int) bool {
	if mutant.CreditPlusOne {
		n--
	}
	return c.sent-c.acked+n < len(c.tx)
}

// Fill returns the payload of slot i of the message being built. The caller
// has checked Credit for more than i slots.
func (c *Channel) Fill(i int) *Payload {
	return c.tx[(c.sent+i)&c.txMask].Fill()
}

// Send publishes the message in the n slots that were filled. The first header
// is written last: whoever sees it can read the whole message.
func (c *Channel) Send(n int) {
	if mutant.FirstHeaderFirst {
		c.tx[c.sent&c.txMask].Publish(c.header(c.sent, kindFirst))
	}
	for i := n - 1; i > 0; i-- {
		c.tx[(c.sent+i)&c.txMask].Publish(c.header(c.sent+i, kindContinuation))
	}
	c.tx[c.sent&c.txMask].Publish(c.header(c.sent, kindFirst))
	if assert.On {
		c.assertCredit(n, len(c.tx)-1)
	}
	c.Messages.Add(1)
	c.publish(n)
}

func (c *Channel) publish(n int) {
	move(&c.sent, c.sent+n)
	c.told = c.taken
}

// Receive returns the first payload of the next message, or nil when there is
// none. The message stays in the ring until Release.
func (c *Channel) Receive() *Payload {
	for {
		s := &c.rx[c.taken&c.rxMask]
		h := s.Header()
		if h>>numberShift != uint64(c.taken)<<numberShift>>numberShift && !mutant.NoNumber || h>>kindShift&3 == 0 {
			if c.taken-c.told >= c.dueAck {
				c.tell()
			}
			return nil
		}
		c.acked += int(uint16(h) - uint16(c.acked))
		if assert.On {
			c.assertReceived(h)
		}
		if h>>kindShift&3 != kindAck {
			return s.Read()
		}
		move(&c.taken, c.taken+1)
		c.AcksIn.Add(1)
	}
}

// Part returns payload i of the message that Receive returned.
func (c *Channel) Part(i int) *Payload {
	return c.rx[(c.taken+i)&c.rxMask].Read()
}

// Release gives the n slots of the received message back to the sender.
func (c *Channel) Release(n int) {
	if assert.On {
		c.assertUntouched(n)
	}
	move(&c.taken, c.taken+n)
	if n > 1 {
		c.PartsIn.Add(uint64(n - 1))
	}
	if c.taken-c.told >= c.dueAck {
		c.tell()
	}
}

// tell sends a bare acknowledgement: ackAfter slots were taken, and no message
// went the other way to carry it. Without credit for it, it is due again at
// the next Receive. It may use the last slot, which messages may not.
func (c *Channel) tell() {
	if c.sent-c.acked >= len(c.tx) {
		return
	}
	s := &c.tx[c.sent&c.txMask]
	s.Fill()
	s.Publish(c.header(c.sent, kindAck))
	if assert.On {
		c.assertCredit(1, len(c.tx))
	}
	c.Acks.Add(1)
	if site.On(site.AtAck) {
		site.Ack(c.Acks.Load(), uint64(c.taken))
	}
	c.publish(1)
}

// Sent and Taken number the slots of a channel's life: the first slot of the
// message that is sent next, and of the one that is received next. One end's
// Sent is the other's Taken when the message gets there.
func (c *Channel) Sent() uint64 { return uint64(c.sent) }

// Taken is described at Sent.
func (c *Channel) Taken() uint64 { return uint64(c.taken) }

// Position is where an end of a channel stands, for `nrkern status`. Slots are
// counted from the start of the channel's life.
type Position struct {
	Sent     uint64 `json:"sent_slots"`
	Acked    uint64 `json:"acked_slots"`
	Received uint64 `json:"received_slots"`
	Ring     int    `json:"ring_slots"`
}

// Position returns where the end stands; only its thread may ask.
func (c *Channel) Position() Position {
	return Position{Sent: uint64(c.sent), Acked: uint64(c.acked), Received: uint64(c.taken), Ring: len(c.tx)}
}

// SlotsIn returns the number of slots that the other end wrote and this one took:
// lines that crossed. It may be asked at any time.
func (c *Channel) SlotsIn() uint64 { return slotsIn(&c.taken, c.begun) }

// SlotsReused returns the number of slots that this end wrote over after the
// other had taken them.
func (c *Channel) SlotsReused() uint64 { return slotsReused(&c.sent, c.begun, c.tx) }
