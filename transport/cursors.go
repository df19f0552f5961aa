package transport

// The cursors of a ring, how many slots an end has sent and taken, are moved by
// its thread alone, and by release, so that others can read them at any time:
// they are the counts of the lines that crossed too, which costs a message
// nothing.

// slotsIn is how many slots the other end wrote and this one took.
func slotsIn(taken *int, begun int) uint64 { return uint64(loadCursor(taken) - begun) }

// slotsReused is how many slots this end wrote over that the other had taken.
func slotsReused(sent *int, begun int, ring []Slot) uint64 {
	return uint64(max(loadCursor(sent)-begun-len(ring), 0))
}
