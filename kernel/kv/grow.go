package kv

// grow makes room in the segment at place i. A small segment doubles; one of
// full size splits in two by the next bit of the hash. Either moves one
// segment, so the time of an operation that grows the table does not depend on
// the table's size.
func (t *table) grow(i uint64) {
	i = t.first(i)
	s := &t.dir[i]
	if len(s.buckets) < fullBuckets {
		t.resize(i, 2*len(s.buckets))
		return
	}
	if s.depth == t.depth {
		if t.keys < sparseKeys<<(t.depth+1) {
			// Keys that collide on purpose: the segment pays, not the directory.
			t.resize(i, 2*len(s.buckets))
			return
		}
		t.double()
		i *= 2
	}
	t.split(i)
}

// double makes the directory twice as long: each place becomes two.
func (t *table) double() {
	dir := make([]segment, 2*len(t.dir))
	for i, s := range t.dir {
		dir[2*i], dir[2*i+1] = s, s
	}
	t.dir = dir
	t.depth++
}

// resize moves the segment whose first place is i into new buckets.
func (t *table) resize(i uint64, buckets int) {
	s := t.dir[i]
	bigger := make([]bucket, buckets)
	for k := range s.buckets {
		for _, e := range s.buckets[k] {
			if e.tag != 0 {
				put(bigger, e)
			}
		}
	}
	s.buckets = bigger
	t.set(i, s)
}

// split divides the segment whose first place is i by the bit after those that
// its hashes share.
func (t *table) split(i uint64) {
	old := t.dir[i]
	shift := (63 - old.depth) & 63
	ones := uint32(0)
	for k := range old.buckets {
		for n := range old.buckets[k] {
			ones += uint32(old.buckets[k][n].tag >> shift & 1)
		}
	}
	low := segment{depth: old.depth + 1, used: old.used - ones}
	high := segment{depth: old.depth + 1, used: ones}
	high.buckets = make([]bucket, bucketsFor(uint64(high.used)))

	// The low half keeps the buckets where they fit, so that a split costs one
	// allocation and leaves no garbage.
	t.scratch = append(t.scratch[:0], old.buckets...)
	if n := bucketsFor(uint64(low.used)); n == len(old.buckets) {
		low.buckets = old.buckets
		clear(low.buckets)
	} else {
		low.buckets = make([]bucket, n)
	}
	halves := [2][]bucket{low.buckets, high.buckets}
	for k := range t.scratch {
		for _, e := range t.scratch[k] {
			if e.tag != 0 {
				put(halves[e.tag>>shift&1], e)
			}
		}
	}
	if len(t.scratch) > fullBuckets {
		t.scratch = nil
	}
	t.set(i, low)
	t.set(t.next(i), high)
}

// set stores a segment in all its places, of which i is the first.
func (t *table) set(i uint64, s segment) {
	for k := range uint64(1) << (t.depth - s.depth) {
		t.dir[i+k] = s
	}
}
