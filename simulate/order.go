//go:build !nrkern_nohook

package simulate

// maxOrdered is the number of cores whose accesses are ordered by vector
// clocks.
const maxOrdered = 16

// stamp is a vector clock (Mattern 1989): for each core, the last of its
// releases that happened before.
type stamp [maxOrdered]uint32

func (s *stamp) join(other *stamp) {
	for i := range s {
		s[i] = max(s[i], other[i])
	}
}

// accesses is what is remembered of the accesses to memory that is not a word:
// the last write, and each core's last read (as FastTrack does: Flanagan,
// Freund, PLDI 2009). Such accesses must be ordered by words.
type accesses struct {
	writer  int16 // 1 + core
	written uint32
	reads   stamp
}

// orderWrite reports a write that is not ordered after all earlier accesses.
func (m *Machine) orderWrite(c *core, a *accesses, p *place, what string) {
	if w := a.writer; w != 0 && int(w-1) != c.id && a.written > c.clock[w-1] {
		m.unordered(c, "write", p, what, m.cores[w-1], "write")
	}
	for id, at := range a.reads {
		if at > c.clock[id] && id != c.id && !m.strayed(m.cores[id], p) {
			m.unordered(c, "write", p, what, m.cores[id], "read")
			break
		}
	}
	a.writer, a.written = int16(c.id+1), c.clock[c.id]
	a.reads = stamp{}
}

// strayed reports whether a core is of a node that was passed over once, and
// reads a slot: it may, if it then looks whether the slot was its to read.
func (m *Machine) strayed(c *core, p *place) bool {
	return p != nil && c.node < 64 && m.away>>c.node&1 != 0
}

// orderRead reports a read that is not ordered after the last write.
func (m *Machine) orderRead(c *core, a *accesses, p *place, what string) {
	if w := a.writer; w != 0 && int(w-1) != c.id && a.written > c.clock[w-1] && !m.strayed(c, p) {
		m.unordered(c, "read", p, what, m.cores[w-1], "write")
	}
	a.reads[c.id] = c.clock[c.id]
}

func (m *Machine) unordered(c *core, does string, p *place, what string, other *core, did string) {
	name := what
	if p != nil {
		name += m.memory.nameOf(p)
	}
	m.fail(FailureUnordered, "%s: the %s by %s is not ordered after the %s by %s: no word that the one stored and the other loaded lies between them",
		name, does, c.name, did, other.name)
}
