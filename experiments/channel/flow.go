package channel

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/transport"
)

// flow is one end of a channel with any flow control. All three are called
// through it, so that all pay the same for the call.
type flow interface {
	Credit(n int) bool
	Fill(i int) *transport.Payload
	Send(n int)
	Receive() *transport.Payload
	Release(n int)
}

// control is a flow control.
type control struct {
	name string
	// open makes both ends on rings of the given number of slots.
	open func(ring int) (a, b flow, err error)
	// crossed returns the lines that an end saw cross to it.
	crossed func(flow) uint64
}

func controls() []control {
	return []control{
		{"epoch", openEpoch, func(f flow) uint64 {
			c := f.(*transport.Channel)
			return c.SlotsIn() + c.SlotsReused()
		}},
		{"used-bit", openUsedBit, func(f flow) uint64 {
			// A line that the receiver wrote free comes back to the sender, who
			// looks at it, and goes to the receiver again: one more than it counts.
			c := f.(*transport.UsedBit)
			return c.SlotsIn() + c.SlotsReused()
		}},
		{"ack-word", openAckWord, func(f flow) uint64 {
			c := f.(*transport.AckWord)
			return c.SlotsIn() + c.SlotsReused() + c.AcksRead.Load()
		}},
	}
}

func rings(n int) (forth, back []transport.Slot) {
	return transport.Apart[transport.Slot](n), transport.Apart[transport.Slot](n)
}

func openEpoch(ring int) (a, b flow, err error) {
	forth, back := rings(ring)
	x, err1 := transport.NewChannel(forth, back)
	y, err2 := transport.NewChannel(back, forth)
	return x, y, ringError(ring, err1, err2)
}

func openUsedBit(ring int) (a, b flow, err error) {
	forth, back := rings(ring)
	x, err1 := transport.NewUsedBit(forth, back)
	y, err2 := transport.NewUsedBit(back, forth)
	return x, y, ringError(ring, err1, err2)
}

func openAckWord(ring int) (a, b flow, err error) {
	forth, back := rings(ring)
	acks := transport.Apart[transport.Line](2)
	x, err1 := transport.NewAckWord(forth, back, &acks[0].Word, &acks[1].Word)
	y, err2 := transport.NewAckWord(back, forth, &acks[1].Word, &acks[0].Word)
	return x, y, ringError(ring, err1, err2)
}

func ringError(ring int, errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("channel with rings of %d slots: %w", ring, err)
	}
	return nil
}
