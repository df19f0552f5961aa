package site

import "sync/atomic"

// guard is a line of counters and what goes with them. It begins with a mark,
// so that the linker puts it into the data that the program's file holds: Linux
// finds a reference counter by its offset in the file.
type guard struct {
	mark [8]byte
	_    [120]byte
	// attached counts, by site, the probes that are attached. Linux increments
	// the low half of a word.
	attached [Count]uint32
	// mask is one less than the number of which one is chosen.
	mask uint64
	_    [128]byte
}

var guards = guard{mark: [8]byte{'n', 'r', 's', 'i', 't', 'e', 's', '1'}}

// SetEvery makes calls and messages pass their probes one in n times: n is a
// power of two, and anything else is taken as the next smaller one.
func SetEvery(n uint64) {
	for n&(n-1) != 0 {
		n &= n - 1
	}
	atomic.StoreUint64(&guards.mask, max(n, 1)-1)
}

// Every returns the n of SetEvery.
func Every() uint64 { return atomic.LoadUint64(&guards.mask) + 1 }

// Attached reports whether a tracer is attached to the site of a name.
func Attached(name string) bool {
	for id, d := range Catalogue() {
		if d.Name == name {
			return On(ID(id))
		}
	}
	return false
}
