package names

import (
	"encoding/binary"
	"fmt"
)

// reader reads the body of a snapshot; its first error stays.
type reader struct {
	data []byte
	err  error
}

func (in *reader) fail(format string, args ...any) {
	if in.err == nil {
		in.err = fmt.Errorf("%w: %s: it is damaged: take it again", ErrSnapshot, fmt.Sprintf(format, args...))
	}
}

// take returns the next n bytes, or nil and an error.
func (in *reader) take(n uint64) []byte {
	if in.err != nil {
		return nil
	}
	if n > uint64(len(in.data)) {
		in.fail("%d bytes are to follow, %d do", n, len(in.data))
		return nil
	}
	b := in.data[:n]
	in.data = in.data[n:]
	return b
}

func (in *reader) byte() byte {
	if b := in.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (in *reader) word() uint64 {
	if b := in.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads how many things follow, of at least so many bytes each.
func (in *reader) count(what string, most, least uint64) uint64 {
	n := in.word()
	if n > most || n*least > uint64(len(in.data)) {
		in.fail("%d %s, at most %d are possible here", n, what, min(most, uint64(len(in.data))/least))
		return 0
	}
	return n
}

// sessions reads a list of sessions, each of them there once.
func (in *reader) sessions(what string, most uint64) []uint64 {
	var all []uint64
	seen := map[uint64]bool{}
	for range in.count(what, most, 8) {
		session := in.word()
		if session == 0 || seen[session] {
			in.fail("session %d is there twice or cannot be", session)
		}
		seen[session] = true
		all = append(all, session)
	}
	return all
}

func (in *reader) tick(of string, n, tick uint64) {
	if n == 0 || n > tick {
		in.fail("%s %d, the shard has counted to %d", of, n, tick)
	}
}

func (s *Names) restoreShard(in *reader) {
	i := int(in.byte())
	sh := &s.shards[i]
	if sh.tick != 0 || len(sh.entries) > 0 {
		in.fail("shard %d is there twice", i)
	}
	sh.tick = in.word()
	for range in.count("names", maxBody, 3) {
		if in.err != nil {
			return
		}
		name := in.take(uint64(in.byte()))
		if !validName(name) || shardOf(name) != i {
			in.fail("shard %d has the name %q", i, name)
			return
		}
		if n := len(sh.entries); n > 0 && sh.entries[n-1].name >= string(name) {
			in.fail("the name %q is out of order or there twice", name)
			return
		}
		e := &entry{name: string(name)}
		e.restore(in, sh.tick)
		sh.entries = append(sh.entries, e)
		s.names++
		s.bytes += e.size()
	}
}

func (e *entry) restore(in *reader, tick uint64) {
	parts := in.byte()
	if parts == 0 || parts >= partsEnd {
		in.fail("the name %q has parts %#x", e.name, parts)
	}
	if parts&hasRecord != 0 {
		r := &record{version: in.word(), session: in.word(), fence: in.word()}
		r.data = append([]byte(nil), in.take(in.word())...)
		if in.tick("version", r.version, tick); !validRecord(r.data) {
			in.fail("the name %q has a record that none can have", e.name)
		}
		e.record = r
	}
	if parts&hasLock != 0 {
		l := &lock{holder: in.word(), token: in.word(), waiting: in.sessions("sessions that wait", MaxWaiting)}
		in.tick("token", l.token, tick)
		for _, w := range append(l.waiting, 0) {
			if w == l.holder {
				in.fail("the lock %q is held by %d, who waits for it or cannot be", e.name, w)
			}
		}
		e.lock = l
	}
	if parts&hasBarrier != 0 {
		b := &barrier{need: in.word(), ticket: in.word(), inside: in.sessions("sessions inside", MaxBarrier)}
		if in.tick("ticket", b.ticket, tick); b.need == 0 || b.need > MaxBarrier || uint64(len(b.inside)) >= b.need {
			in.fail("the barrier %q needs %d and has %d", e.name, b.need, len(b.inside))
		}
		e.barrier = b
	}
	if parts&hasTopic != 0 {
		e.topic = in.topic(e.name, tick)
	}
}

func (in *reader) topic(name string, tick uint64) *topic {
	t := new(topic)
	seen := map[uint64]bool{}
	for range in.count("mailboxes", MaxMailboxes, 32) {
		b := mailbox{session: in.word(), size: in.word(), lost: in.word()}
		last := uint64(0)
		for range in.count("messages", MaxMailbox, 16) {
			m := message{number: in.word()}
			m.text = append([]byte(nil), in.take(in.word())...)
			if in.tick("message", m.number, tick); m.number <= last || len(m.text) > MaxMessage {
				in.fail("message %d of %q is out of order or too long", m.number, name)
			}
			last = m.number
			b.messages = append(b.messages, m)
		}
		if b.session == 0 || seen[b.session] || b.size == 0 || b.size > MaxMailbox || uint64(len(b.messages)) > b.size {
			in.fail("mailbox of session %d at %q, of %d messages, has %d", b.session, name, b.size, len(b.messages))
		}
		seen[b.session] = true
		t.boxes = append(t.boxes, b)
	}
	if len(t.boxes) == 0 {
		in.fail("the topic %q has no mailbox", name)
	}
	return t
}
