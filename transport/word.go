package transport

import (
	"sync/atomic"
	"unsafe"
)

// LineSize is the distance, in bytes, that keeps two shared words from
// disturbing each other: two 64-byte cache lines, because the adjacent-line
// prefetcher of current x86 cores fetches lines in pairs.
const LineSize = 128

// Word is a 64-bit word that several threads or processes share. Every load,
// store and exchange of shared memory in this project is a method of Word or
// of Slot: they compile to the plain instruction, and while a simulator is
// installed (see Install) they ask it instead.
//
// A Word must be 8-byte aligned and must not be copied once shared.
type Word struct{ v uint64 }

// Load returns the word. Loads are not reordered with other loads (x86-TSO).
func (w *Word) Load() uint64 {
	if hooked {
		return hookLoad(w)
	}
	return atomic.LoadUint64(&w.v)
}

// Store publishes v with release order: everything the caller wrote before is
// visible to whoever loads v. It is a plain store, which may be delayed past
// later loads of other words; where the next load must not overtake it (a
// reader's flag, a parking flag), use Swap.
func (w *Word) Store(v uint64) {
	if hooked {
		hookStore(w, v)
		return
	}
	release(&w.v, v)
}

// Swap stores v, returns what was there, and orders everything before it
// before everything after it (XCHG).
func (w *Word) Swap(v uint64) uint64 {
	if hooked {
		return hookSwap(w, v)
	}
	return atomic.SwapUint64(&w.v, v)
}

// CompareAndSwap replaces old by v and reports whether it did. Like Swap it
// orders everything around it.
func (w *Word) CompareAndSwap(old, v uint64) bool {
	if hooked {
		return hookCompareAndSwap(w, old, v)
	}
	return atomic.CompareAndSwapUint64(&w.v, old, v)
}

// Line is a Word with two cache lines to itself.
type Line struct {
	Word
	_ [LineSize - 8]byte
}

func loadCounter(p *uint64) uint64 { return atomic.LoadUint64(p) }

func loadCursor(p *int) int { return int(atomic.LoadInt64((*int64)(unsafe.Pointer(p)))) }
