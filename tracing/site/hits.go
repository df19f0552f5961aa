package site

// CombineBegin says that a node's combiner took a batch of operations that
// need so many slots.
func CombineBegin(node int, ops int, slots uint64) {
	if On(AtCombineBegin) {
		hitCombineBegin(uint64(node), slots, uint64(ops), 0)
	}
}

// CombineEnd says that the batch is applied and its results are handed out.
func CombineEnd(node int) {
	if On(AtCombineEnd) {
		hitCombineEnd(uint64(node), 0, 0, 0)
	}
}

// ReplayBegin says that a node begins to apply the log from an index to another.
func ReplayBegin(node int, from, to uint64) {
	if On(AtReplayBegin) {
		hitReplayBegin(uint64(node), from, to-from, 0)
	}
}

// ReplayEnd says that it has applied what there is below an index.
func ReplayEnd(node int, to uint64) {
	if On(AtReplayEnd) {
		hitReplayEnd(uint64(node), to, 0, 0)
	}
}

// GateBegin says that a read waits until its node has applied the log to an
// index.
func GateBegin(node int, index uint64) {
	if On(AtGateBegin) {
		hitGateBegin(uint64(node), index, 0, 0)
	}
}

// GateEnd says that it has.
func GateEnd(node int) {
	if On(AtGateEnd) {
		hitGateEnd(uint64(node), 0, 0, 0)
	}
}

// LockBegin says that a thread of a node asks for the big lock, for so many
// operations.
func LockBegin(node, ops int) {
	if On(AtLockBegin) {
		hitLockBegin(uint64(node), 0, uint64(ops), 0)
	}
}

// LockEnd says that it has it.
func LockEnd(node int) {
	if On(AtLockEnd) {
		hitLockEnd(uint64(node), 0, 0, 0)
	}
}

// ParkBegin says that a thread goes to sleep on the word at an address.
func ParkBegin(word uintptr) {
	if On(AtParkBegin) {
		hitParkBegin(0, uint64(word), 0, 0)
	}
}

// ParkEnd says that it is back.
func ParkEnd(word uintptr) {
	if On(AtParkEnd) {
		hitParkEnd(0, uint64(word), 0, 0)
	}
}

// ServiceBegin is the place for services that have joints of their own, which
// none has yet: a span of such a service begins at a node, a page fault, a
// shootdown, a write-back. Spans of one service and kind that are open
// at once have different keys, of 24 bits.
func ServiceBegin(node int, service, kind uint8, key uint32, argument uint64) {
	if On(AtServiceBegin) {
		beginSpan(node, service, kind, key, argument)
	}
}

// ServiceEnd says that it ends.
func ServiceEnd(node int, service, kind uint8, key uint32) {
	if On(AtServiceEnd) {
		endSpan(node, service, kind, key)
	}
}

//go:noinline
func beginSpan(node int, service, kind uint8, key uint32, argument uint64) {
	hitServiceBegin(span(node, service, kind, key), 0, 0, argument)
}

//go:noinline
func endSpan(node int, service, kind uint8, key uint32) {
	hitServiceEnd(span(node, service, kind, key), 0, 0, 0)
}

func span(node int, service, kind uint8, key uint32) uint64 {
	return uint64(uint8(node))<<56 | uint64(service)<<48 | uint64(kind)<<40 | uint64(key&0xffffff)<<16
}

// EmptyBegin is followed by EmptyEnd at once: what lies between is what probes
// themselves take.
func EmptyBegin() {
	if On(AtEmptyBegin) {
		hitEmptyBegin(0, 0, 0, 0)
	}
}

// EmptyEnd ends what EmptyBegin began.
func EmptyEnd() {
	if On(AtEmptyEnd) {
		hitEmptyEnd(0, 0, 0, 0)
	}
}

// Append says that a node has published a batch in slots of the log from an
// index on.
func Append(node int, index, slots uint64, ops int) {
	if On(AtAppend) {
		hitAppend(uint64(node), index, slots, uint64(ops))
	}
}

// LogFull says that a node's combiner found no room for so many slots.
func LogFull(node int, slots uint64) {
	if On(AtLogFull) {
		hitLogFull(uint64(node), 0, slots, 0)
	}
}

// Hole says that a node's replay met a slot that is not yet published.
func Hole(node int, index uint64) {
	if On(AtHole) {
		hitHole(uint64(node), index, 0, 0)
	}
}

// Send says that a node sends a message to another: message number so and so of
// that channel, in so many slots.
func Send(node, to int, number uint64, slots int) {
	if On(AtSend) {
		hitSend(node, number, slots, to)
	}
}

// Receive says that a node takes a message of another: its number is the one
// that it was sent with.
func Receive(node, from int, number uint64, slots int) {
	if On(AtReceive) {
		hitReceive(node, number, slots, from)
	}
}

// Ack says that an end of a channel sends a bare acknowledgement, its number so and
// so, of so many slots in all.
func Ack(number, taken uint64) {
	if On(AtAck) {
		hitAck(0, number, 0, taken)
	}
}

// Turn says that a turn of a node's monitor found something to do.
func Turn(node int, number uint64) {
	if On(AtTurn) {
		hitTurn(uint64(node), number, 0, 0)
	}
}

// Wake says that sleepers on the word at an address are woken.
func Wake(word uintptr) {
	if On(AtWake) {
		hitWake(0, uint64(word), 0, 0)
	}
}
