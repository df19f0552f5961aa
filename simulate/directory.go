//go:build !nrkern_nohook

package simulate

// line is the state of a cache line in the directory (MSI: modified at one
// core, or shared by several, or in memory only).
type line struct {
	owner   int16 // 1 + core that has it modified; 0 for none
	last    int16 // 1 + node whose core made the last transaction for it
	sharers [maxCounted / 64]uint64
}

// maxCounted is the number of cores whose caches the directory knows.
const maxCounted = 256

// directory follows every line through the caches of all cores, which are as
// large as need be: a line leaves a cache only when another core writes it.
type directory struct {
	nodes  []int16 // of cores
	counts counts
}

// counts is how often accesses were served from where, by region and access.
type counts [regions][len(accessNames)]tally

// tally counts accesses by where they were served. A hand-over is an access that
// crosses nodes to a line that another node had last: what a structure may
// observe. A node that reads a line and then writes it crosses twice, for the
// line and to end the others' copies, and is handed the line once.
type tally struct {
	served    [servedKinds]uint64
	handovers uint64
}

// served is where a line came from: a cache of the same node, or of another,
// or, if none has it, memory. A write is served by the farthest copy that had to
// go.
type served uint8

const (
	servedHit served = iota
	servedSameNode
	servedCrossNode
	servedColdLocal
	servedColdRemote
	servedKinds
)

// reach brings a line to a core, to read or to write it, and counts how.
func (m *Machine) reach(c *core, p *place, write bool) {
	if m.counted != nil {
		m.count(c, &m.counted.counts[p.region][c.about], &p.line, p.home, write)
	}
}

// count brings a line to a core and counts how.
func (m *Machine) count(c *core, t *tally, l *line, home int16, write bool) {
	if l.owner == int16(c.id+1) {
		t.served[servedHit]++
		c.time += m.costs[servedHit]
		return
	}
	s := m.counted.access(c.id, l, home, write)
	t.served[s]++
	c.time += m.costs[s]
	if s != servedHit {
		if node := int16(c.node + 1); l.last != node {
			if s == servedCrossNode && l.last != 0 {
				t.handovers++
			}
			l.last = node
		}
	}
}

// access moves a line and says where it came from.
func (d *directory) access(core int, l *line, home int16, write bool) served {
	word, bit := core>>6, uint64(1)<<(core&63)
	node := d.nodes[core]
	held := l.sharers[word]&bit != 0
	if !write && held {
		return servedHit
	}
	same, cross := false, false
	if l.owner != 0 {
		same, cross = d.nodes[l.owner-1] == node, d.nodes[l.owner-1] != node
	} else {
		for w, s := range l.sharers {
			for ; s != 0; s &= s - 1 {
				if other := w<<6 + trailing(s); other != core {
					if d.nodes[other] == node {
						same = true
					} else {
						cross = true
					}
				}
			}
		}
	}
	from := servedCrossNode
	switch {
	case write && cross:
	case same: // a reader is served by the nearest copy
		from = servedSameNode
	case cross:
	case held:
		from = servedHit // alone with it: writes silently
	case home == node:
		from = servedColdLocal
	default:
		from = servedColdRemote
	}
	if write {
		l.owner, l.sharers = int16(core+1), [maxCounted / 64]uint64{}
		return from
	}
	if l.owner != 0 {
		before := l.owner - 1
		l.sharers[before>>6] |= 1 << (before & 63)
		l.owner = 0
	}
	l.sharers[word] |= bit
	return from
}
