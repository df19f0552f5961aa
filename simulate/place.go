//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"unsafe"

	"github.com/nrkern/nrkern/transport"
)

// place is a shared word, and the payload beside it if the word is the header
// of a slot. It has a number and a name that do not depend on where in memory
// it lies, so that a schedule prints the same on every machine.
type place struct {
	number  int32 // in the order of first touches
	segment int32 // index of its line in the segment, or -1 on the heap
	home    int16 // node
	known   bool
	name    string
	word    *uint64
	payload *transport.Payload // meaningful for slots
	waiters []*core
	watch   func(e commit)
	// watchLoad asks for calls of Machine.loads and reads.
	watchLoad bool
	ring      *ringSlot // if it is one

	// For the order of payload accesses: see order.go.
	released stamp
	payloads accesses

	subject
	watched *subject // of the watch

	region Region
	line   line
}

const lineBytes = transport.SlotSize

// layout of a slot, on which payloadOf relies.
var _ [transport.SlotSize - unsafe.Sizeof(transport.Slot{})]struct{}

// payloadOf returns the payload of the slot whose header a word is.
func payloadOf(w *transport.Word) *transport.Payload {
	return (*transport.Payload)(unsafe.Add(unsafe.Pointer(w), unsafe.Sizeof(*w)))
}

// slot returns the payload of a slot.
func (p *place) slot() *transport.Payload {
	if p.payload == nil { // on the heap, where not every word is a slot's header
		p.payload = payloadOf((*transport.Word)(unsafe.Pointer(p.word)))
	}
	return p.payload
}

// memory finds the place of a word.
type memory struct {
	start   unsafe.Pointer // of the segment
	size    uintptr
	lines   []place // by line of the segment
	parts   []transport.Part
	heap    map[*transport.Word]*place
	touched []*place // in order, to reset
	spare   []*place // of the heap, to use again
	record  schedule // the same
	threads []*thread
	named   map[*transport.Word]string
	keep    *transport.Segment
}

// newMemory returns the memory of a machine whose words lie in a segment, and
// on the heap.
func newMemory(s *transport.Segment) (*memory, error) {
	m := &memory{heap: map[*transport.Word]*place{}, named: map[*transport.Word]string{}, keep: s}
	if s == nil {
		return m, nil
	}
	m.parts = s.Parts()
	for i, p := range m.parts {
		bytes, err := transport.Slice[byte](s, p.Name, 0, int(p.Size))
		if err != nil {
			return nil, fmt.Errorf("simulate: %w", err)
		}
		first := unsafe.Add(unsafe.Pointer(&bytes[0]), -int(p.Offset))
		if i > 0 && first != m.start {
			return nil, fmt.Errorf("simulate: part %q does not lie where its offset says", p.Name)
		}
		m.start = first
		m.size = max(m.size, uintptr(p.Offset+p.Size))
	}
	m.lines = make([]place, (m.size+lineBytes-1)/lineBytes)
	return m, nil
}

// thread returns a thread that runs nothing.
func (m *memory) thread() *thread {
	n := len(m.threads)
	if n == 0 {
		return newThread()
	}
	t := m.threads[n-1]
	m.threads = m.threads[:n-1]
	return t
}

// close ends the threads.
func (m *memory) close() {
	for _, t := range m.threads {
		t.stop()
	}
	m.threads = nil
}

// reset makes the segment zero again and forgets the heap.
func (m *memory) reset() {
	for _, p := range m.touched {
		if p.segment < 0 {
			m.spare = append(m.spare, p)
		} else {
			*p.word, *p.payload = 0, transport.Payload{}
		}
		*p = place{waiters: p.waiters[:0], subject: subject{readers: p.readers[:0]}}
	}
	m.touched = m.touched[:0]
	clear(m.heap)
	clear(m.named)
}

// at returns the place of a word; home is the node of whoever touches it first.
func (m *memory) at(w *transport.Word, home int) *place {
	if off := uintptr(unsafe.Pointer(w)) - uintptr(m.start); off < m.size && off%lineBytes == 0 {
		p := &m.lines[off/lineBytes]
		if !p.known {
			m.settle(p, w, int32(off/lineBytes), home)
		}
		return p
	}
	if p := m.heap[w]; p != nil {
		return p
	}
	var p *place
	if n := len(m.spare); n > 0 {
		p, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		p = new(place)
	}
	m.heap[w] = p
	m.settle(p, w, -1, home)
	return p
}

func (m *memory) settle(p *place, w *transport.Word, segment int32, home int) {
	p.known, p.segment, p.number = true, segment, int32(len(m.touched))
	p.word, p.home = (*uint64)(unsafe.Pointer(w)), int16(home)
	if segment >= 0 {
		p.payload = payloadOf(w)
		part := m.part(segment)
		if part.Home >= 0 {
			p.home = int16(part.Home)
		}
		p.region = regionIn(part.Name, uint64(segment)*lineBytes-part.Offset)
	}
	m.touched = append(m.touched, p)
}

// part returns the part of the segment that a line belongs to.
func (m *memory) part(line int32) transport.Part {
	at := uint64(line) * lineBytes
	for _, p := range m.parts {
		if at >= p.Offset && at < p.Offset+p.Size {
			return p
		}
	}
	return transport.Part{Name: "?", Home: transport.Interleaved}
}

// nameOf returns what a place is called.
func (m *memory) nameOf(p *place) string {
	if p.name != "" {
		return p.name
	}
	if n := m.named[(*transport.Word)(unsafe.Pointer(p.word))]; n != "" {
		p.name = n
	} else if p.segment < 0 {
		p.name = fmt.Sprintf("heap word %d of node %d", p.number, p.home)
	} else {
		part := m.part(p.segment)
		p.name = nameInPart(part.Name, uint64(p.segment)*lineBytes-part.Offset)
	}
	return p.name
}
