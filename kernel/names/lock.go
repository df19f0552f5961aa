package names

import (
	"encoding/binary"
	"slices"

	"github.com/nrkern/nrkern/kernel"
)

// lock is who holds a lock and who waits for it, in the order they came. It is
// there while somebody holds it.
type lock struct {
	holder uint64
	// token grows from holder to holder: who guards a resource by the lock gives
	// it along, and the resource refuses an older one than it has seen (Burrows,
	// "The Chubby lock service", OSDI 2006, section 2.4: sequencers).
	token   uint64
	waiting []uint64
}

func (e *entry) take(sh *shard, session uint64, try bool, res *kernel.Result) {
	l := e.lock
	if l == nil {
		e.lock = &lock{holder: session, token: sh.next()}
		res.Value = e.lock.token
		return
	}
	place := slices.Index(l.waiting, session)
	switch {
	case l.holder == session:
		res.Value = l.token
	case place >= 0:
		res.Status, res.Value = kernel.StatusAgain, uint64(place)+1
	case try:
		res.Status, res.Value = kernel.StatusExists, l.holder
	case len(l.waiting) == MaxWaiting:
		res.Status = kernel.StatusFull
	default:
		l.waiting = append(l.waiting, session)
		res.Status, res.Value = kernel.StatusAgain, uint64(len(l.waiting))
	}
}

func (e *entry) release(sh *shard, session uint64, res *kernel.Result) {
	switch l := e.lock; {
	case l == nil:
		res.Status = kernel.StatusNotFound
	case !e.letGo(sh, session):
		res.Status, res.Value = kernel.StatusMismatch, l.holder
	}
}

// letGo takes a session from a lock and its queue, and reports whether it was
// there.
func (e *entry) letGo(sh *shard, session uint64) bool {
	l := e.lock
	if l == nil {
		return false
	}
	if l.holder != session {
		place := slices.Index(l.waiting, session)
		if place < 0 {
			return false
		}
		l.waiting = slices.Delete(l.waiting, place, place+1)
		return true
	}
	if len(l.waiting) == 0 {
		e.lock = nil
		return true
	}
	l.holder, l.token = l.waiting[0], sh.next()
	l.waiting = slices.Delete(l.waiting, 0, 1)
	return true
}

func (e *entry) locked(session uint64, res *kernel.Result) {
	res.Status = kernel.StatusNotFound
	if e == nil || e.lock == nil {
		return
	}
	if e.lock.holder == session {
		res.Status, res.Value = kernel.StatusOK, e.lock.token
	} else if place := slices.Index(e.lock.waiting, session); place >= 0 {
		res.Status, res.Value = kernel.StatusAgain, uint64(place)+1
	}
}

func (e *entry) holder(res *kernel.Result) {
	if e == nil || e.lock == nil {
		res.Status = kernel.StatusNotFound
		return
	}
	res.Value = e.lock.holder
	res.Data = binary.LittleEndian.AppendUint64(res.Data, e.lock.token)
	res.Data = binary.LittleEndian.AppendUint64(res.Data, uint64(len(e.lock.waiting)))
}
