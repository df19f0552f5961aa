//go:build !nrkern_nohook

package simulate

// line is the state of a cache line in the directory (MSI: modified at one
// core, or shared by several, or in memory only).
type line struct {
	owner   int16 // 1 + core that has it modified; 0 for none
	sharers [maxCounted / 64]uint64
}

// maxCounted is the number of cores whose caches the directory knows.
const maxCounted = 256

// directory follows every line through the caches of all cores, which are as
// large as need be: a line leaves a cache only when another core writes it.
type directory struct {
	nodes  []int16 // of cores
	counts [regions][len(accessNames)]Count
}

// Count is how accesses were served. A transfer is same-node or cross-node by
// where the line was, or, for a write, by the farthest copy that had to go.
type Count struct {
	Hits     uint64 `json:"hits"`
	SameNode uint64 `json:"same_node"`
	Crossed  uint64 `json:"cross_node"`
	// Cold accesses found the line in no cache.
	ColdLocal  uint64 `json:"cold_local"`
	ColdRemote uint64 `json:"cold_remote"`
}

// served is where a line came from.
type served uint8

const (
	servedHit served = iota
	servedSameNode
	servedCrossNode
	servedColdLocal
	servedColdRemote
)

func (c *Count) add(s served) {
	switch s {
	case servedHit:
		c.Hits++
	case servedSameNode:
		c.SameNode++
	case servedCrossNode:
		c.Crossed++
	case servedColdLocal:
		c.ColdLocal++
	case servedColdRemote:
		c.ColdRemote++
	}
}

// reach brings a line to a core, to read or to write it, and counts how.
func (m *Machine) reach(c *core, p *place, write bool) {
	if m.counted != nil {
		s := m.counted.access(c.id, &p.line, p.home, write)
		m.counted.counts[p.region][c.about].add(s)
	}
}

// access moves a line and says where it came from.
func (d *directory) access(core int, l *line, home int16, write bool) served {
	word, bit := core>>6, uint64(1)<<(core&63)
	node := d.nodes[core]
	if l.owner == int16(core+1) {
		return servedHit
	}
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
