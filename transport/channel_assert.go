package transport

import "github.com/nrkern/nrkern/internal/assert"

// The assertions of a Channel: see package assert.

// assertCredit: with n slots more there are at most so many that the other end has
// not taken. One is left for an acknowledgement, unless this is one.
func (c *Channel) assertCredit(n, most int) {
	if out := c.sent - c.acked; out < 0 || out+n > most {
		assert.Fail("channel: %d slots are sent, on top of %d of which %d are acknowledged: at most %d of %d may be out",
			n, c.sent, c.acked, most, len(c.tx))
	}
}

// assertReceived: a header that was taken for new is of the slot that is next, is
// no continuation, and acknowledges what was sent.
func (c *Channel) assertReceived(h uint64) {
	switch kind, number := h>>kindShift&3, h>>numberShift; {
	case number != uint64(c.taken)<<numberShift>>numberShift:
		assert.Fail("channel: slot %d is taken for slot %d", number, c.taken)
	case kind == kindContinuation:
		assert.Fail("channel: slot %d continues a message, and none begins before it", number)
	case c.acked > c.sent:
		assert.Fail("channel: %d slots are acknowledged, and %d were sent", c.acked, c.sent)
	}
}

// assertUntouched: the n slots that are released still hold what was received.
func (c *Channel) assertUntouched(n int) {
	for i := c.taken; i < c.taken+n; i++ {
		if number := c.rx[i&c.rxMask].Header() >> numberShift; number != uint64(i)<<numberShift>>numberShift {
			assert.Fail("channel: slot %d was written over, with slot %d, before it was released", i, number)
		}
	}
}
