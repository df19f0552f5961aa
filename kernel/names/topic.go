package names

import (
	"encoding/binary"
	"slices"

	"github.com/nrkern/nrkern/kernel"
)

// topic is the mailboxes that are open at a name.
type topic struct {
	boxes []mailbox // in the order they were opened
}

// mailbox is what one session has not received yet.
type mailbox struct {
	session  uint64
	size     uint64
	lost     uint64
	messages []message
}

type message struct {
	number uint64
	text   []byte
}

// box returns a session's mailbox, or nil.
func (e *entry) box(session uint64) *mailbox {
	if e == nil || e.topic == nil {
		return nil
	}
	for i := range e.topic.boxes {
		if b := &e.topic.boxes[i]; b.session == session {
			return b
		}
	}
	return nil
}

func (e *entry) subscribe(session, size uint64, res *kernel.Result) {
	if size == 0 {
		size = DefaultMailbox
	}
	switch {
	case e.box(session) != nil:
		res.Status = kernel.StatusExists
	case e.topic != nil && len(e.topic.boxes) == MaxMailboxes:
		res.Status = kernel.StatusFull
	default:
		if e.topic == nil {
			e.topic = new(topic)
		}
		e.topic.boxes = append(e.topic.boxes, mailbox{session: session, size: size})
	}
}

func (e *entry) unsubscribe(session uint64, res *kernel.Result) {
	if !e.closeBox(session) {
		res.Status = kernel.StatusNotFound
	}
}

// closeBox closes a session's mailbox, and reports whether there was one.
func (e *entry) closeBox(session uint64) bool {
	if e.topic == nil {
		return false
	}
	place := slices.IndexFunc(e.topic.boxes, func(b mailbox) bool { return b.session == session })
	if place < 0 {
		return false
	}
	e.topic.boxes = slices.Delete(e.topic.boxes, place, place+1)
	if len(e.topic.boxes) == 0 {
		e.topic = nil
	}
	return true
}

func (e *entry) publish(sh *shard, text []byte, res *kernel.Result) {
	number := sh.next()
	if e.topic == nil {
		return
	}
	for i := range e.topic.boxes {
		b := &e.topic.boxes[i]
		if uint64(len(b.messages)) == b.size {
			b.lost++
			continue
		}
		b.messages = append(b.messages, message{number, append([]byte(nil), text...)})
		res.Value++
	}
}

// peek answers the first message after the one of a number.
func (e *entry) peek(session, after uint64, res *kernel.Result) {
	b := e.box(session)
	if b == nil {
		res.Status = kernel.StatusNotFound
		return
	}
	for _, m := range b.messages {
		if m.number > after {
			res.Value = m.number
			res.Data = binary.LittleEndian.AppendUint64(res.Data, b.lost)
			res.Data = append(res.Data, m.text...)
			return
		}
	}
	res.Status = kernel.StatusAgain
}

func (e *entry) receive(session, after uint64, res *kernel.Result) {
	if b := e.box(session); b != nil {
		read := 0
		for read < len(b.messages) && b.messages[read].number <= after {
			read++
		}
		b.messages = slices.Delete(b.messages, 0, read)
	}
	e.peek(session, after, res)
}
