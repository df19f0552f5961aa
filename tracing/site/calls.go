package site

import "sync/atomic"

// Calls is the traced operations of one port: which of those outstanding were
// chosen. It belongs to the port's thread. Its zero value is ready.
type Calls struct {
	begun  uint64
	who    uint64    // the node and the thread
	chosen [4]uint64 // by place of the window
}

// Begin says that a thread of a node starts an operation at a place of its
// window. Callers ask On(AtCallBegin) first.
func (c *Calls) Begin(node, thread, place int, service, code uint8, argument uint64) {
	if On(AtCallBegin) {
		c.begin(node, thread, place, service, code, argument)
	}
}

// End says that the result of the operation at a place is collected.
func (c *Calls) End(place int) {
	if On(AtCallEnd) {
		c.end(place)
	}
}

func (c *Calls) begin(node, thread, place int, service, code uint8, argument uint64) {
	c.begun++
	if c.begun&atomic.LoadUint64(&guards.mask) != 0 {
		return
	}
	c.chosen[uint8(place)>>6] |= 1 << (place & 63)
	c.who = uint64(uint8(node))<<48 | uint64(uint16(thread))<<32
	hitCallBegin(c.who|uint64(uint16(place))<<16|uint64(service)<<8|uint64(code), c.begun, 0, argument)
}

func (c *Calls) end(place int) {
	word, bit := &c.chosen[uint8(place)>>6], uint64(1)<<(place&63)
	if *word&bit == 0 {
		return // it began before anybody looked, or was not chosen
	}
	*word &^= bit
	hitCallEnd(c.who|uint64(uint16(place))<<16, c.begun, 0, 0)
}
