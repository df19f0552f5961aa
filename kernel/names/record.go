package names

import "github.com/nrkern/nrkern/kernel"

// record is a name's value and attributes.
type record struct {
	version uint64
	session uint64 // for whose life it is, or 0
	fence   uint64 // the latest fencing token that set it
	data    []byte // encoded: see Record
}

func (e *entry) set(sh *shard, session, with uint64, mode Mode, data []byte, res *kernel.Result) {
	r := e.record
	fence := uint64(0)
	if r != nil {
		fence = r.fence
	}
	switch {
	case mode == IfNew && r != nil:
		res.Status, res.Value = kernel.StatusExists, r.version
	case mode == IfVersion && r == nil:
		res.Status = kernel.StatusNotFound
	case mode == IfVersion && r.version != with:
		res.Status, res.Value = kernel.StatusMismatch, r.version
	case mode == Fenced && with < fence:
		res.Status, res.Value = kernel.StatusMismatch, fence
	}
	if res.Status != kernel.StatusOK {
		return
	}
	if mode == Fenced {
		fence = with
	}
	e.record = &record{version: sh.next(), session: session, fence: fence, data: append([]byte(nil), data...)}
	res.Value = e.record.version
}

func (e *entry) delete(version uint64, res *kernel.Result) {
	switch r := e.record; {
	case r == nil:
		res.Status = kernel.StatusNotFound
	case version != 0 && version != r.version:
		res.Status, res.Value = kernel.StatusMismatch, r.version
	default:
		e.record = nil
	}
}

func (e *entry) get(res *kernel.Result) {
	if e == nil || e.record == nil {
		res.Status = kernel.StatusNotFound
		return
	}
	res.Value, res.Data = e.record.version, append(res.Data, e.record.data...)
}
