package capability

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel/caps"

	"github.com/nrkern/nrkern/kernel"
)

// revocation is a revoke that this kernel, the owner, drives.
type revocation struct {
	object     *object
	request    request
	ban        *ban
	waiting    uint64 // who has yet to be ready, then, who has yet to have done it
	committing bool
	emptied    uint64
}

// ban is a mark: the object and its descendants, those that come later too, are to go
// when the commit comes, but for the one capability that is kept.
type ban struct {
	from   int // the owner
	number uint64
	id     uint64
	region caps.Region
	keeper int
	slot   int // of the keeper
	told   bool
}

func (b *ban) covers(id uint64, r caps.Region) bool { return id == b.id || r.Descends(b.region) }

// covered reports whether an object is under a mark.
func (m *Monitor) covered(id uint64, r caps.Region) bool {
	for _, b := range m.bans {
		if b.covers(id, r) {
			return true
		}
	}
	return false
}

// revoke begins a revoke of an object that is owned here.
func (m *Monitor) revoke(o *object) {
	t := o.task
	m.lastRevoke++
	b := &ban{from: m.node, number: m.lastRevoke, id: o.id, region: o.Region, keeper: t.from, slot: int(t.a)}
	r := &revocation{object: o, request: t.request, ban: b, waiting: 1 << m.node}
	m.revokes[b.number] = r
	if o.remote {
		r.waiting |= m.others()
		m.tellAll(m.others(), codeMark, o.id, b.number, o.Base, sizeWord(o.Region), uint64(b.keeper)<<32|uint64(b.slot))
	}
	m.mark(b)
}

// mark puts an object and its descendants under a mark.
func (m *Monitor) mark(b *ban) {
	m.bans = append(m.bans, b)
	m.stirred = true
	for _, o := range m.ordered() {
		if b.covers(o.id, o.Region) {
			m.refuseQueue(o)
		}
	}
}

// settleBans says that this kernel is ready, to who waits for that.
func (m *Monitor) settleBans() error {
	for _, b := range m.bans {
		if !b.told && m.isReady(b) {
			b.told = true
			if b.from != m.node {
				m.tell(b.from, codeReady, b.number)
			} else if err := m.ready(m.node, b.number); err != nil {
				return err
			}
			return nil // the bans may be others now
		}
	}
	return nil
}

// isReady reports whether nothing that this kernel is at concerns what a mark is on: no
// copy that it sent is under way, no retype that it was let do is not done, no ownership
// is on its way here.
func (m *Monitor) isReady(b *ban) bool {
	for _, o := range m.objects {
		if !b.covers(o.id, o.Region) {
			continue
		}
		if o.coming || o.task != nil && !(o.id == b.id && b.from == m.node) {
			return false
		}
		for _, c := range o.slots {
			pins := c.pins
			if o.id == b.id && b.keeper == m.node && b.slot == c.number {
				pins-- // the revoke's own
			}
			if pins > 0 {
				return false
			}
		}
	}
	return true
}

// ready takes a kernel's word. When all are, they commit, but for the keeper.
func (m *Monitor) ready(from int, number uint64) error {
	r, err := m.revocation(from, number, false)
	if err != nil {
		return err
	}
	if r.waiting &^= 1 << from; r.waiting != 0 {
		return nil
	}
	r.committing = true
	if r.object.remote {
		r.waiting = m.others() &^ (1 << r.ban.keeper)
	}
	m.tellAll(r.waiting, codeCommit, number)
	if r.ban.keeper != m.node {
		r.emptied += m.goUnder(r.ban)
	}
	if r.waiting == 0 {
		m.keep(r)
	}
	return nil
}

// commit empties what is under a mark here; the keeper, the last one, keeps its
// capability and owns the object from now on.
func (m *Monitor) commit(from int, number uint64, final bool, emptied, call uint64) error {
	for _, b := range m.bans {
		if b.from != from || b.number != number {
			continue
		}
		emptied += m.goUnder(b)
		if !final {
			m.tell(from, codeDone, number, emptied)
			return nil
		}
		return m.replied(call, kernel.StatusOK, emptied)
	}
	return fmt.Errorf("%w: nothing is under mark %d of node %d", ErrBadMessage, number, from)
}

// done takes a kernel's word that it has committed.
func (m *Monitor) done(from int, number, emptied uint64) error {
	r, err := m.revocation(from, number, true)
	if err != nil {
		return err
	}
	r.emptied += emptied
	if r.waiting &^= 1 << from; r.waiting == 0 {
		m.keep(r)
	}
	return nil
}

// keep lets the keeper commit, the end of a revoke.
func (m *Monitor) keep(r *revocation) {
	delete(m.revokes, r.ban.number)
	if r.ban.keeper != m.node {
		m.tell(r.ban.keeper, codeCommit, r.ban.number, 1, r.emptied, r.request.number)
		return
	}
	r.emptied += m.goUnder(r.ban)
	m.reply(r.request, kernel.StatusOK, r.emptied)
	m.next(r.object)
}

// goUnder empties all that is under a mark, takes that away, and says how many slots
// that were.
func (m *Monitor) goUnder(b *ban) (emptied uint64) {
	for _, c := range append([]*capability(nil), m.slots...) {
		o := c.object
		if !b.covers(o.id, o.Region) {
			continue
		}
		if o.id == b.id && b.keeper == m.node && b.slot == c.number {
			o.owner, o.mine, o.task, o.holders = m.node, true, nil, 1<<m.node
			o.remote = false // nobody has anything of it
			continue
		}
		m.empty(c)
		emptied++
	}
	kept := m.bans[:0:0]
	for _, other := range m.bans {
		if other != b {
			kept = append(kept, other)
		}
	}
	m.bans = kept
	m.commits++
	m.stirred = true
	return emptied
}

func (m *Monitor) revocation(from int, number uint64, committing bool) (*revocation, error) {
	r := m.revokes[number]
	if r == nil || r.committing != committing || r.waiting>>from&1 == 0 {
		return nil, fmt.Errorf("%w: revoke %d does not wait for it", ErrBadMessage, number)
	}
	return r, nil
}
