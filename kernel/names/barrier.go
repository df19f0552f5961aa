package names

import (
	"encoding/binary"
	"slices"

	"github.com/nrkern/nrkern/kernel"
)

// barrier is who has come to a barrier that not all have come to. When the last
// one comes it is over and forgotten: a ticket that is not that of the barrier
// there is, is of one that is over. So a barrier that all have left again stays,
// lest they take it for over; who comes next may change how many have to come.
type barrier struct {
	need   uint64
	ticket uint64
	inside []uint64 // in the order they came
}

func (e *entry) enter(sh *shard, session, need uint64, res *kernel.Result) {
	b := e.barrier
	if b == nil {
		b = &barrier{ticket: sh.next()}
		e.barrier = b
	}
	if len(b.inside) == 0 {
		b.need = need
	}
	if b.need != need {
		res.Status, res.Value = kernel.StatusMismatch, b.need
		return
	}
	if !slices.Contains(b.inside, session) {
		b.inside = append(b.inside, session)
	}
	res.Value = b.ticket
	if uint64(len(b.inside)) == need {
		e.barrier = nil
		return
	}
	res.Status = kernel.StatusAgain
	res.Data = binary.LittleEndian.AppendUint64(res.Data, uint64(len(b.inside)))
}

func (e *entry) leave(session uint64, res *kernel.Result) {
	if !e.goAway(session) {
		res.Status = kernel.StatusNotFound
	}
}

// goAway takes a session out of a barrier, and reports whether it was inside.
func (e *entry) goAway(session uint64) bool {
	b := e.barrier
	if b == nil {
		return false
	}
	place := slices.Index(b.inside, session)
	if place < 0 {
		return false
	}
	b.inside = slices.Delete(b.inside, place, place+1)
	return true
}

// entered answers who asks by a ticket. One that no barrier of the shard can have
// given yet is nobody's.
func (e *entry) entered(sh *shard, session, ticket uint64, res *kernel.Result) {
	switch {
	case ticket == 0 || ticket > sh.tick:
		res.Status = kernel.StatusNotFound
	case e == nil || e.barrier == nil || e.barrier.ticket != ticket:
		res.Value = ticket
	case slices.Contains(e.barrier.inside, session):
		res.Status, res.Value = kernel.StatusAgain, ticket
		res.Data = binary.LittleEndian.AppendUint64(res.Data, uint64(len(e.barrier.inside)))
	default:
		res.Status = kernel.StatusNotFound
	}
}
