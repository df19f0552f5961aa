package transport

// UsedBit is one end of a pair of rings with the flow control that Barrelfish's
// UMP has had since 2017: a header is 0 while its slot is free, the receiver
// writes that 0, and the sender looks at the slot that it wants. So nothing is
// counted or acknowledged, and the receiver writes every line of the ring: one
// more change of owner a message than with Channel.
//
// It is used as Channel is, and belongs to one thread at a time. It is here to
// be compared: the machines use Channel.
type UsedBit struct {
	_              Pad
	tx, rx         []Slot
	txMask, rxMask int
	sent, taken    int

	Messages Counter // as of Channel
	_        Pad
}

// Headers of a used slot.
const (
	usedFirst        = 1
	usedContinuation = 2
)

// NewUsedBit returns an end that sends on tx and receives on rx; the other end
// has them the other way round. Both rings are zeroed memory, and their lengths
// powers of two from MinRing to MaxRing.
func NewUsedBit(tx, rx []Slot) (*UsedBit, error) {
	if err := checkRings(tx, rx); err != nil {
		return nil, err
	}
	return &UsedBit{tx: tx, rx: rx, txMask: len(tx) - 1, rxMask: len(rx) - 1}, nil
}

// MaxMessage is the number of slots of the longest message that can always be
// sent in the end: all of the ring.
func (c *UsedBit) MaxMessage() int { return len(c.tx) }

// Credit reports whether a message of n slots can be sent now. It looks at the
// last of them: slots are freed in order (x86-TSO), so those before are free.
func (c *UsedBit) Credit(n int) bool {
	return n <= len(c.tx) && c.tx[(c.sent+n-1)&c.txMask].Header() == 0
}

// Fill returns the payload of slot i of the message being built. The caller has
// checked Credit for more than i slots.
func (c *UsedBit) Fill(i int) *Payload { return c.tx[(c.sent+i)&c.txMask].Fill() }

// Send publishes the message in the n slots that were filled, the first header
// last.
func (c *UsedBit) Send(n int) {
	for i := n - 1; i > 0; i-- {
		c.tx[(c.sent+i)&c.txMask].Publish(usedContinuation)
	}
	c.tx[c.sent&c.txMask].Publish(usedFirst)
	c.Messages.Add(1)
	move(&c.sent, c.sent+n)
}

// Receive returns the first payload of the next message, or nil when there is
// none. The message stays in the ring until Release.
func (c *UsedBit) Receive() *Payload {
	s := &c.rx[c.taken&c.rxMask]
	if s.Header() != usedFirst {
		return nil
	}
	return s.Read()
}

// Part returns payload i of the message that Receive returned.
func (c *UsedBit) Part(i int) *Payload { return c.rx[(c.taken+i)&c.rxMask].Read() }

// Release gives the n slots of the received message back to the sender.
func (c *UsedBit) Release(n int) {
	for i := range n {
		c.rx[(c.taken+i)&c.rxMask].HeaderWord().Store(0)
	}
	move(&c.taken, c.taken+n)
}

// SlotsIn returns the number of slots that the other end wrote and this one took:
// lines that crossed. It may be asked at any time.
func (c *UsedBit) SlotsIn() uint64 { return slotsIn(&c.taken, 0) }

// SlotsReused returns the number of slots that this end wrote over after the
// other had written them free.
func (c *UsedBit) SlotsReused() uint64 { return slotsReused(&c.sent, 0, c.tx) }
