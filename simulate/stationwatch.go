//go:build !nrkern_nohook

package simulate

import "github.com/nrkern/nrkern/combining"

// stationWatch sees to it that a station has one combiner at a time. There are
// two ways to become it: to take the lock, and, for a sole thread, to store
// inside. Two cores may have done so for a moment, before each has looked at the
// other's word and one gives way. So a core is taken to be the combiner from
// when it makes an access to anything but the words of the entry, until it gives
// its own word back; and two never are.
//
// The store of inside is a light one: the thread goes on while it is in its
// buffer. So what counts is when it is made; of the lock, when it can be seen.
type stationWatch struct {
	machine *Machine
	node    int
	words   [3]*place // of the entry
	lock    turn
	inside  turn
	// about is what the times conflict about for which a core is the combiner.
	about subject
}

// turn is who has one of the two words.
type turn struct {
	name  string
	word  *place
	core  *core // nil if nobody has it
	works bool  // it is the combiner
	left  bool  // the store that gives the word back is in its buffer
}

func (r *run) watchStation(node int, s *combining.Station) {
	lock, bias, inside := s.Words()
	at := r.memory.at
	w := &stationWatch{machine: r.machine, node: node, words: [3]*place{at(lock, node), at(bias, node), at(inside, node)}}
	w.lock, w.inside = turn{name: "lock", word: w.words[0]}, turn{name: "inside", word: w.words[2]}
	w.lock.word.watch = w.locked
	r.machine.stations = append(r.machine.stations, w)
}

// locked is told of every change of the lock.
func (w *stationWatch) locked(e commit) {
	t := &w.lock
	switch {
	case e.core == nil:
	case e.after == 1 && t.core != nil:
		w.machine.fail(FailureInvariant, "node %d has two combiners: %s and %s have %s", w.node, t.core, e.core, t.name)
	case e.after == 1:
		t.core = e.core
	case t.core != e.core:
		w.machine.fail(FailureInvariant, "%s gives back %s of node %d, which it does not have", e.core, t.name, w.node)
	default:
		t.core, t.works, t.left = nil, false, false
	}
}

// accessed is told of every access that a core makes now.
func (w *stationWatch) accessed(c *core, p *place, a access) {
	if p == w.inside.word && a == accessStore {
		w.enters(c)
		return
	}
	w.lock.accessed(w, &w.inside, c, p, a)
	w.inside.accessed(w, &w.lock, c, p, a)
}

// enters is told of every store of inside that a core makes.
func (w *stationWatch) enters(c *core) {
	t := &w.inside
	w.machine.conflict(&w.about, true)
	if c.value == 1 && t.core != nil {
		w.machine.fail(FailureInvariant, "node %d has two combiners: %s and %s have %s", w.node, t.core, c, t.name)
	}
	t.core, t.works = nil, false
	if c.value == 1 {
		t.core = c
	}
}

func (t *turn) accessed(w *stationWatch, other *turn, c *core, p *place, a access) {
	switch {
	case t.core != c || t.left || a == accessPause || a == accessFence:
	case p == t.word && a == accessStore:
		w.machine.conflict(&w.about, true)
		t.left, t.works = true, false
	case p != nil && (p == w.words[0] || p == w.words[1] || p == w.words[2]):
	default:
		if !t.works {
			w.machine.conflict(&w.about, true)
		}
		t.works = true
		if other.works && other.core != c {
			w.machine.fail(FailureInvariant, "node %d has two combiners: %s has %s and %s has %s", w.node, c, t.name, other.core, other.name)
		}
	}
}
