package transport

import "unsafe"

// A prefetch asks for a cache line before it is needed and does not wait for it:
// what is needed next and lies in another node's cache comes while something else
// does. It is a hint, without an effect that a program could see, so the simulated
// machine knows none.

// prefetch asks for the line at p, to be read (PREFETCHT0).
//
//go:noescape
func prefetch(p unsafe.Pointer)

// claim asks for the line at p, to be written (PREFETCHW): at once, and not
// first to read it and then to have it alone, which are two ways to its owner.
//
//go:noescape
func claim(p unsafe.Pointer)

// prefetchSlots and claimSlots ask for n lines in a row from p.
//
//go:noescape
func prefetchSlots(p unsafe.Pointer, n int)

//go:noescape
func claimSlots(p unsafe.Pointer, n int)

// Claim asks for the word's line, soon to be written.
func (w *Word) Claim() { claim(unsafe.Pointer(w)) }

// Prefetch asks for the slot, soon to be read.
func (s *Slot) Prefetch() { prefetch(unsafe.Pointer(s)) }

// Claim asks for the slot, soon to be written.
func (s *Slot) Claim() { claim(unsafe.Pointer(s)) }

// maxPrefetch is how many lines a core may be asked for at a time: those that wait
// to be filled in are some 16 to 24.
const maxPrefetch = 16

// Prefetch asks for the first of the slots from an index to another, soon to be read.
func (s *LogStore) Prefetch(from, to uint64) {
	if n := s.inRow(from, to); n > 0 {
		prefetchSlots(unsafe.Pointer(s.At(from)), n)
	}
}

// Claim asks for the first of the slots from an index to another, soon to be
// written.
func (s *LogStore) Claim(from, to uint64) {
	if n := s.inRow(from, to); n > 0 {
		claimSlots(unsafe.Pointer(s.At(from)), n)
	}
}

// inRow is how many slots from an index to another lie in a row, and few enough.
func (s *LogStore) inRow(from, to uint64) int {
	if from >= to {
		return 0
	}
	return int(min(to-from, maxPrefetch, uint64(len(s.Slots))-from&s.mask))
}
