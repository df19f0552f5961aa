package kv

const (
	occupied  = 1 << 63 // set in the tag of every entry
	bytesFlag = 1 << 62 // set in the tag of an entry whose value is bytes
	hashMask  = bytesFlag - 1
)

// entry is a key and its value. The zero entry is an empty slot.
type entry struct {
	tag   uint64 // flags, and the last 62 bits of the key's hash
	value uint64 // the word, or the ref of the bytes
}

// bucketSlots is a cache line of entries.
const bucketSlots = 4

// bucket is four slots in one cache line, the entries before the empty ones.
// An entry whose own bucket is full goes to the next that is not.
//
// A search compares with all four slots and branches once, on whether the
// bucket has the key: nearly always it has. Slot by slot, it would branch on
// how far to go, and each wrong guess would wait for the line.
type bucket [bucketSlots]entry

// index returns the slot of the entry with a tag, or bucketSlots.
func (b *bucket) index(want uint64) (i uint) {
	// In find the compiler makes conditional moves of these (and branches where
	// a caller branches at once on the tag that was found): no jump depends on
	// the line.
	i = bucketSlots
	if b[3].tag&^bytesFlag == want {
		i = 3
	}
	if b[2].tag&^bytesFlag == want {
		i = 2
	}
	if b[1].tag&^bytesFlag == want {
		i = 1
	}
	if b[0].tag&^bytesFlag == want {
		i = 0
	}
	return i
}

// full reports whether entries may have gone on to the next bucket.
func (b *bucket) full() bool { return b[bucketSlots-1].tag != 0 }

// empty returns the first empty slot of a bucket that is not full.
func (b *bucket) empty() *entry {
	i := 0
	for i < bucketSlots-1 && b[i].tag != 0 {
		i++
	}
	return &b[i]
}

// put stores an entry in the first empty slot from its home on.
func put(buckets []bucket, e entry) {
	mask := uint64(len(buckets) - 1)
	i := e.tag
	for buckets[i&mask].full() {
		i++
	}
	*buckets[i&mask].empty() = e
}

// remove empties slot k of bucket i, and closes the gap with the last entry of
// the bucket. If the bucket was full, entries behind it may have passed it by;
// one of them takes the place, and leaves a gap where it was, and so on.
func remove(buckets []bucket, i uint64, k uint) {
	mask := uint64(len(buckets) - 1)
	for {
		b := &buckets[i&mask]
		wasFull := b.full()
		last := k
		for last+1 < bucketSlots && b[last+1].tag != 0 {
			last++
		}
		b[k%bucketSlots], b[last%bucketSlots] = b[last%bucketSlots], entry{}
		if !wasFull {
			return
		}
		from, slot, found := passedBy(buckets, i)
		if !found {
			return
		}
		b[bucketSlots-1] = buckets[from&mask][slot]
		i, k = from, slot
	}
}

// passedBy finds an entry behind bucket i whose home is bucket i or before it.
func passedBy(buckets []bucket, i uint64) (from uint64, slot uint, found bool) {
	mask := uint64(len(buckets) - 1)
	for from = i + 1; ; from++ {
		b := &buckets[from&mask]
		for slot := range b {
			if e := &b[slot]; e.tag != 0 && (from-e.tag)&mask >= (from-i)&mask {
				return from, uint(slot), true
			}
		}
		if !b.full() {
			return 0, 0, false
		}
	}
}
