package names

import "github.com/nrkern/nrkern/kernel"

// expire lets go of all that the sessions from first to last have, name after name.
func (s *Names) expire(first, last uint64, res *kernel.Result) {
	in := func(session uint64) bool { return session >= first && session <= last }
	for i := range s.shards {
		sh := &s.shards[i]
		for k := 0; k < len(sh.entries); {
			e := sh.entries[k]
			before := e.size()
			res.Value += e.expire(sh, in)
			if s.settle(sh, e, false, before); k < len(sh.entries) && sh.entries[k] == e {
				k++
			}
		}
	}
}

// expire lets go of what some sessions have of a name, and counts it.
func (e *entry) expire(sh *shard, in func(session uint64) bool) (n uint64) {
	if e.record != nil && in(e.record.session) {
		e.record = nil
		n++
	}
	// The queue first: nobody who is about to go gets the lock.
	if e.lock != nil {
		for _, session := range append([]uint64(nil), e.lock.waiting...) {
			if in(session) && e.letGo(sh, session) {
				n++
			}
		}
		if in(e.lock.holder) && e.letGo(sh, e.lock.holder) {
			n++
		}
	}
	if e.barrier != nil {
		for _, session := range append([]uint64(nil), e.barrier.inside...) {
			if in(session) && e.goAway(session) {
				n++
			}
		}
	}
	if e.topic != nil {
		for _, b := range append([]mailbox(nil), e.topic.boxes...) {
			if in(b.session) && e.closeBox(b.session) {
				n++
			}
		}
	}
	return n
}

// list answers the first names after one that match.
func (s *Names) list(op *kernel.Op, res *kernel.Result) {
	var q question
	if !q.parse(op.Data) || op.Args[0] < 1 || op.Args[0] > MaxPage {
		res.Status = kernel.StatusInvalid
		return
	}
	found := page{limit: int(op.Args[0])}
	for i := range s.shards {
		sh := &s.shards[i]
		k, is := sh.at(q.after)
		if is {
			k++
		}
		for ; k < len(sh.entries) && found.wants(sh.entries[k].name); k++ {
			if e := sh.entries[k]; q.matches(e) {
				found.add(e.name)
			}
		}
	}
	found.answer(res)
}

// page keeps the lowest names that it was given, in order.
type page struct {
	names    [MaxPage]string
	n, limit int
}

// wants reports whether there is room for a name.
func (p *page) wants(name string) bool { return p.n < p.limit || name < p.names[p.n-1] }

func (p *page) add(name string) {
	if !p.wants(name) {
		return
	}
	if p.n == p.limit {
		p.n--
	}
	i := p.n
	for ; i > 0 && p.names[i-1] > name; i-- {
		p.names[i] = p.names[i-1]
	}
	p.names[i] = name
	p.n++
}

func (p *page) answer(res *kernel.Result) {
	res.Value, res.Data = uint64(p.n), res.Data[:0]
	for _, name := range p.names[:p.n] {
		res.Data = appendName(res.Data, name)
	}
}

// Span adds the shards of an operation to a set.
func (s *Names) Span(op *kernel.Op, set *kernel.ShardSet) {
	if shard := s.Shard(op); shard != kernel.AllShards {
		set.Add(shard)
		return
	}
	set.AddAll(shards)
}

// Split returns the operation itself: those over several shards are the same
// wherever they run, and do what there is to do with the shards that are there.
func (s *Names) Split(op *kernel.Op, _ *kernel.ShardSet, part *kernel.Op) {
	data := append(part.Data[:0], op.Data...)
	*part = *op
	part.Data = data
}

// Vote answers StatusOK: nothing over several shards can fail.
func (s *Names) Vote(*kernel.Op) kernel.Status { return kernel.StatusOK }

// Merge adds counts, and joins the names of lists in ascending order.
func (s *Names) Merge(op *kernel.Op, whole, part *kernel.Result) {
	if part.Status != kernel.StatusOK {
		whole.Status = part.Status
		return
	}
	if op.Code != CodeList {
		whole.Value += part.Value
		return
	}
	all := page{limit: int(op.Args[0])}
	for _, data := range [][]byte{whole.Data, part.Data} {
		for len(data) > 0 {
			name, rest, ok := cutName(data)
			if !ok {
				break
			}
			all.add(string(name))
			data = rest
		}
	}
	all.answer(whole)
}
