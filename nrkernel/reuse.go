package nrkernel

// ownSlots remembers which slots of the last lap this replica wrote, as ranges
// in order. When it writes over one, another replica has read it since, and hands
// it over. A slot that another replica wrote was last read by this one, or by a
// third: with two replicas that is no hand-over, with more nobody can tell.
type ownSlots struct {
	ranges      []slotRange // a ring
	first, next uint64
}

type slotRange struct{ start, end uint64 }

// newOwnSlots returns room for every other slot of a log: ranges that touch are
// one.
func newOwnSlots(capacity uint64) ownSlots {
	return ownSlots{ranges: make([]slotRange, capacity/2+2)}
}

func (o *ownSlots) at(i uint64) *slotRange { return &o.ranges[i%uint64(len(o.ranges))] }

// reuse notes the n slots from start on as own, and returns how many of them
// were own a lap before.
func (o *ownSlots) reuse(start, n, capacity uint64) (own uint64) {
	if start+n > capacity {
		var low uint64 // of the indices whose slots are written over
		if start > capacity {
			low = start - capacity
		}
		high := start + n - capacity
		for o.first < o.next {
			r := o.at(o.first)
			if r.start >= high {
				break
			}
			if r.end > low {
				own += min(r.end, high) - max(r.start, low)
			}
			if r.end > high {
				break
			}
			o.first++
		}
	}
	if o.first < o.next && o.at(o.next-1).end == start {
		o.at(o.next - 1).end += n
	} else {
		*o.at(o.next) = slotRange{start, start + n}
		o.next++
	}
	return own
}
