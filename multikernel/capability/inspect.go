package capability

import (
	"cmp"
	"fmt"
	"slices"
)

// ordered returns all objects, in the order of their numbers: what is said to other
// kernels must not depend on the order of a map.
func (m *Monitor) ordered() []*object {
	all := make([]*object, 0, len(m.objects))
	for _, o := range m.objects {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *object) int { return cmp.Compare(a.id, b.id) })
	return all
}

func errUnexpected(node int, id uint64) error {
	return fmt.Errorf("%w: node %d expects nothing of object %#x", ErrBadMessage, node, id)
}

// Invariants returns what does not hold of a machine's monitors, whatever is under way:
// no two objects cover the same memory but one of the other's making, and every object
// has one owner, or its ownership is on its way. At rest, all who have copies are known
// to the owner, and nothing is left that waits.
func Invariants(all []*Monitor, atRest bool) error {
	seen := map[uint64]*object{}
	between := map[uint64]bool{} // ownership on its way, or under a mark, so perhaps gone elsewhere
	owners := map[uint64]int{}
	holders := map[uint64]uint64{}
	for _, m := range all {
		for _, o := range m.ordered() {
			if o.id == rootID {
				continue
			}
			if before := seen[o.id]; before != nil && before.Region != o.Region {
				return fmt.Errorf("object %#x is %s and %s", o.id, before.Region, o.Region)
			}
			seen[o.id] = o
			holders[o.id] |= 1 << m.node
			between[o.id] = between[o.id] || o.coming || m.covered(o.id, o.Region)
			if o.mine {
				owners[o.id]++
			}
		}
	}
	for id, o := range seen {
		if n := owners[id]; n > 1 || n == 0 && !between[id] {
			return fmt.Errorf("%s has %d owners", o.Region, n)
		}
		for other, p := range seen {
			if other != id && o.Covers(p.Base, p.End()) && !o.Descends(p.Region) && !p.Descends(o.Region) {
				return fmt.Errorf("%s and %s share memory", o.Region, p.Region)
			}
		}
	}
	if !atRest {
		return nil
	}
	for _, m := range all {
		if m.Waits() || len(m.parked) > 0 {
			return fmt.Errorf("node %d waits: %d calls for an owner, %d parked, %d checks, %d revokes, %d marks, %d copies", m.node,
				len(m.calls), len(m.parked), len(m.checks), len(m.revokes), len(m.bans), len(m.inserts))
		}
		for _, o := range m.ordered() {
			if o.id != rootID && o.mine && o.holders != holders[o.id] {
				return fmt.Errorf("node %d owns %s and thinks that nodes %b have copies: %b do", m.node, o.Region, o.holders, holders[o.id])
			}
		}
	}
	return nil
}
