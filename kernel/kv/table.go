package kv

const (
	// minDepth makes the first two bits of a hash follow from the segment: the
	// tag uses their place for its flags.
	minDepth = 2

	firstBuckets = 4
	fullBuckets  = 256 // a segment of this size splits instead of growing
	fullSlots    = fullBuckets * bucketSlots

	// sparseKeys is the number of keys for each directory place below which the
	// directory does not double: keys chosen to collide must not make it grow
	// without bound. With even hashes it doubles at more than 700.
	sparseKeys = 64
)

// segment is a hash table of its own: a power of two of buckets, of whose
// slots at least one in eight is empty.
type segment struct {
	buckets []bucket
	used    uint32 // entries; true in the first directory place of the segment only
	depth   uint8  // how many first bits of the hash its keys share
}

// room returns the number of entries that the segment takes.
func (s *segment) room() int { return len(s.buckets) * bucketSlots * 7 / 8 }

// table maps hashes to entries. A segment of depth d stands in 2^(depth-d)
// neighbouring places of the directory.
type table struct {
	dir     []segment
	depth   uint8 // the directory has 2^depth places
	keys    uint64
	scratch []bucket // the entries of a segment while it splits
}

func newTable() table {
	var t table
	t.depth = minDepth
	t.fill(firstBuckets)
	return t
}

// reserve prepares an empty table for n keys.
func (t *table) reserve(n uint64) {
	for uint64(fullSlots/2)<<t.depth < n {
		t.depth++
	}
	t.fill(bucketsFor(n >> t.depth))
}

// fill makes a directory of empty segments.
func (t *table) fill(buckets int) {
	t.dir = make([]segment, 1<<t.depth)
	for i := range t.dir {
		t.dir[i] = segment{buckets: make([]bucket, buckets), depth: t.depth}
	}
}

// bucketsFor returns the buckets of a segment that starts with n entries: at
// most half full.
func bucketsFor(n uint64) int {
	buckets := firstBuckets
	for uint64(buckets)*bucketSlots < 2*n {
		buckets *= 2
	}
	return buckets
}

// place returns the directory place of a hash.
func (t *table) place(h uint64) uint64 { return h >> ((64 - t.depth) & 63) }

// first returns the first place of the segment at place i.
func (t *table) first(i uint64) uint64 {
	wide := (t.depth - t.dir[i].depth) & 63
	return i >> wide << wide
}

// wanted returns the tag of the entry of a hash, without its kind.
func wanted(h uint64) uint64 { return h&hashMask | occupied }

// find returns the entry of a hash, or nil.
func (t *table) find(h uint64) *entry {
	buckets := t.dir[t.place(h)].buckets
	mask := uint64(len(buckets) - 1)
	want := wanted(h)
	for i := h; ; i++ {
		b := &buckets[i&mask]
		if k := b.index(want); k < bucketSlots {
			return &b[k]
		}
		if !b.full() {
			return nil
		}
	}
}

// insert adds an entry with the value 0 for a hash that is not there, and
// returns its place.
func (t *table) insert(h uint64) *entry {
	s := &t.dir[t.first(t.place(h))]
	for int(s.used) >= s.room() {
		t.grow(t.place(h))
		s = &t.dir[t.first(t.place(h))]
	}
	s.used++
	t.keys++
	mask := uint64(len(s.buckets) - 1)
	i := h
	for s.buckets[i&mask].full() {
		i++
	}
	e := s.buckets[i&mask].empty()
	e.tag = wanted(h)
	return e
}

// remove deletes the entry of a hash, which is there.
func (t *table) remove(h uint64) {
	s := &t.dir[t.first(t.place(h))]
	s.used--
	t.keys--
	mask := uint64(len(s.buckets) - 1)
	want := wanted(h)
	i := h & mask
	k := s.buckets[i].index(want)
	for k == bucketSlots {
		i = (i + 1) & mask
		k = s.buckets[i].index(want)
	}
	remove(s.buckets, i, k)
}

// each calls f with every entry and its whole hash, segment by segment: in
// ascending order of the hash's first bits, in no order within a segment.
func (t *table) each(f func(h uint64, e *entry)) {
	for i := uint64(0); i < uint64(len(t.dir)); i = t.next(i) {
		buckets := t.dir[i].buckets
		for k := range buckets {
			for n := range buckets[k] {
				if e := &buckets[k][n]; e.tag != 0 {
					f(t.hash(i, e), e)
				}
			}
		}
	}
}

// next returns the first place of the segment after the one at place i, which
// is its first.
func (t *table) next(i uint64) uint64 { return i + 1<<(t.depth-t.dir[i].depth) }

// hash returns the whole hash of an entry in the segment at place i.
func (t *table) hash(i uint64, e *entry) uint64 {
	return i>>(t.depth-minDepth)<<(64-minDepth) | e.tag&hashMask
}
