package transport

// SlotSize is the size of a Slot in bytes: one cache line.
const SlotSize = 64

// Payload is the part of a slot that carries data: seven little-endian words.
type Payload = [7]uint64

// Slot is one cache line that crosses between nodes: a header word, written
// last, and a payload that the header vouches for. A log entry and a message
// are one or more slots.
//
// The writer calls Fill, writes the payload in place, then calls Publish. The
// reader finds the header it expects with Header, then calls Read. In place,
// because copying a message through a temporary halved the rate of a prototype.
type Slot struct {
	header  Word
	payload Payload
}

// Header loads the header word. A reader that finds the value it waits for may
// Read the payload.
func (s *Slot) Header() uint64 { return s.header.Load() }

// Fill returns the payload for its one writer to write. What is written there
// is unpublished until Publish, and the pointer must not be used after it.
func (s *Slot) Fill() *Payload {
	if hooked {
		return hookFill(s)
	}
	return &s.payload
}

// Publish stores the header, after the payload.
func (s *Slot) Publish(header uint64) {
	if hooked {
		hookPublish(s, header)
		return
	}
	release(&s.header.v, header)
}

// Read returns the payload for reading. It stays valid until the reader lets
// the writer have the slot again.
func (s *Slot) Read() *Payload {
	if hooked {
		return hookRead(s)
	}
	return &s.payload
}

// HeaderWord returns the header as a word to wait on.
func (s *Slot) HeaderWord() *Word { return &s.header }
