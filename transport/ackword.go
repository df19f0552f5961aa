package transport

// AckWord is one end of a pair of rings with the flow control of Smelt
// (Kaestle et al., OSDI'16): a slot is new when its header holds the number
// that the receiver expects, as in Channel, but acknowledgements do not ride on
// messages. The receiver writes how far it is to a word of its own, at half of
// the ring and at its end; the sender reads that word when it has no credit
// left: one extra line for every half of a ring.
//
// It is used as Channel is, and belongs to one thread at a time. It is here to
// be compared: the machines use Channel.
type AckWord struct {
	_              Pad
	tx, rx         []Slot
	txMask, rxMask int
	txAck, rxAck   *Word // of tx, written by the other end; of rx, written here

	sent  int // slots published on tx
	acked int // slots of tx that were taken, when last looked
	taken int // slots taken from rx

	// Traffic, as of Channel. AcksRead counts the acknowledgement words that
	// were found changed.
	Messages, AcksRead Counter
	_                  Pad
}

// NewAckWord returns an end that sends on tx, whose acknowledgements it finds in
// txAck, and receives on rx and acknowledges in rxAck; the other end has them
// the other way round. All are zeroed memory, the words on lines of their own,
// and the lengths of the rings powers of two from MinRing to MaxRing.
func NewAckWord(tx, rx []Slot, txAck, rxAck *Word) (*AckWord, error) {
	if err := checkRings(tx, rx); err != nil {
		return nil, err
	}
	return &AckWord{tx: tx, rx: rx, txMask: len(tx) - 1, rxMask: len(rx) - 1, txAck: txAck, rxAck: rxAck}, nil
}

// MaxMessage is the number of slots of the longest message that can always be
// sent in the end: the receiver keeps quiet about less than half of the ring.
func (c *AckWord) MaxMessage() int { return len(c.tx)/2 + 1 }

// Credit reports whether a message of n slots can be sent now. It touches shared
// memory only when what was acknowledged before does not suffice.
func (c *AckWord) Credit(n int) bool {
	if c.sent-c.acked+n <= len(c.tx) {
		return true
	}
	if now := int(c.txAck.Load()); now != c.acked {
		c.acked = now
		c.AcksRead.Add(1)
	}
	return c.sent-c.acked+n <= len(c.tx)
}

// Fill returns the payload of slot i of the message being built. The caller has
// checked Credit for more than i slots.
func (c *AckWord) Fill(i int) *Payload { return c.tx[(c.sent+i)&c.txMask].Fill() }

// number is the header of a slot: its place in the life of the ring + 1, and
// whether a message begins there.
func number(slot int, first uint64) uint64 { return uint64(slot+1)<<1 | first }

// Send publishes the message in the n slots that were filled, the first header
// last.
func (c *AckWord) Send(n int) {
	for i := n - 1; i > 0; i-- {
		c.tx[(c.sent+i)&c.txMask].Publish(number(c.sent+i, 0))
	}
	c.tx[c.sent&c.txMask].Publish(number(c.sent, 1))
	c.Messages.Add(1)
	move(&c.sent, c.sent+n)
}

// Receive returns the first payload of the next message, or nil when there is
// none. The message stays in the ring until Release.
func (c *AckWord) Receive() *Payload {
	s := &c.rx[c.taken&c.rxMask]
	if s.Header() != number(c.taken, 1) {
		return nil
	}
	return s.Read()
}

// Part returns payload i of the message that Receive returned.
func (c *AckWord) Part(i int) *Payload { return c.rx[(c.taken+i)&c.rxMask].Read() }

// Release gives the n slots of the received message back to the sender, who is
// told when that passes half of the ring or its end.
func (c *AckWord) Release(n int) {
	half := len(c.rx) / 2
	before := c.taken / half
	move(&c.taken, c.taken+n)
	if c.taken/half != before {
		c.rxAck.Store(uint64(c.taken))
	}
}

// SlotsIn returns the number of slots that the other end wrote and this one took:
// lines that crossed. It may be asked at any time.
func (c *AckWord) SlotsIn() uint64 { return slotsIn(&c.taken, 0) }

// SlotsReused returns the number of slots that this end wrote over after the
// other had taken them.
func (c *AckWord) SlotsReused() uint64 { return slotsReused(&c.sent, 0, c.tx) }
