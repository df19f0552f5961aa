package transport

import (
	"math"
	"time"
	"unsafe"

	"github.com/nrkern/nrkern/internal/mutant"
)

// Bell wakes the threads of a node that sleep until others want something of
// the node: a message arrived, or its replica holds up the log.
//
// A sleeper calls Announce, looks for work once more, and calls Sleep with what
// Announce returned, or Withdraw. Ringers publish their work, then Ring. Either
// the sleeper's second look sees the work or the ringer sees the announcement,
// provided the ringer's publication has left its store buffer: Ring does not
// see to that, because on a hot path it would cost more than the message. A
// ringer that published with a plain store calls Fence first; it does so in
// its first idle turn, where the time is lost anyway.
type Bell struct {
	// The low half counts the rings and is what sleepers wait on (a futex has
	// 32 bits); the high half counts the announcements since the last ring. In
	// one word, so that a sleeper that withdraws after a ring takes no other
	// sleeper's announcement with it.
	word Line
}

// BellSize is the size of a Bell in bytes, for layouts.
const BellSize = LineSize

const announcement = 1 << 32

// Announce says that the caller is about to sleep, and returns the ticket for
// Sleep or Withdraw. It is an exchange: the announcement is visible before the
// second look.
func (b *Bell) Announce() (ticket uint64) {
	for {
		w := b.word.Load()
		if mutant.PlainParking {
			b.word.Store(w + announcement)
			return uint64(uint32(w))
		}
		if b.word.CompareAndSwap(w, w+announcement) {
			return uint64(uint32(w))
		}
	}
}

// Sleep sleeps until the bell rings after Announce, at most d, and withdraws
// the announcement. It reports whether the bell rang.
func (b *Bell) Sleep(ticket uint64, d time.Duration) (rang bool) {
	if !hooked {
		futexWait(&b.word.Word, uint32(ticket), d)
	} else {
		hook.Sleep(&b.word.Word, uint32(ticket))
	}
	return b.Withdraw(ticket)
}

// Withdraw says that the caller does not sleep, or no longer, and reports whether
// the bell rang since Announce.
func (b *Bell) Withdraw(ticket uint64) (rang bool) {
	for {
		w := b.word.Load()
		if mutant.WithdrawAnother && w >= announcement {
			ticket = w
		}
		if uint32(w) != uint32(ticket) {
			return true // which ended all announcements
		}
		if b.word.CompareAndSwap(w, w-announcement) {
			return false
		}
	}
}

// Parked reports whether somebody has announced to sleep.
func (b *Bell) Parked() bool { return b.word.Load() >= announcement }

// Ring wakes the sleepers if there are any, and reports whether there was. When
// nobody sleeps it costs a load of a line that is rarely written.
func (b *Bell) Ring() bool {
	for {
		w := b.word.Load()
		if w < announcement {
			return false
		}
		if mutant.RingUncounted && b.word.CompareAndSwap(w, uint64(uint32(w))) {
			break
		}
		if b.word.CompareAndSwap(w, uint64(uint32(w)+1)) {
			break
		}
	}
	if !hooked {
		futexWake(&b.word.Word, math.MaxInt32)
	}
	return true
}

// LongNap is how long the thread that attends to a node sleeps at most.
const LongNap = 250 * time.Millisecond

// Wake wakes all that sleep or nap on the bell, announced or not. It is a system
// call: for those who have waited long for the node.
func (b *Bell) Wake() {
	for w := b.word.Load(); !b.word.CompareAndSwap(w, uint64(uint32(w)+1)); {
		w = b.word.Load()
	}
	if !hooked {
		futexWake(&b.word.Word, math.MaxInt32)
	}
}

// Nap sleeps without an announcement, so that Ring costs the ringer nothing: at
// most d, or until somebody wakes it. Nobody need ever wake it, so a simulated
// nap ends by itself, where a simulated Sleep does not.
func (b *Bell) Nap(d time.Duration) {
	w := b.word.Load()
	if hooked {
		hook.Nap(&b.word.Word, w)
		return
	}
	futexWait(&b.word.Word, uint32(w), d)
}

// Fence orders every store before it before every load after it, by an
// exchange on a word that nobody else uses.
func Fence(private *Word) {
	if mutant.NoFence {
		private.Store(0)
		return
	}
	private.Swap(0)
}

var (
	_ [BellSize - unsafe.Sizeof(Bell{})]struct{} // BellSize is no smaller
	_ [unsafe.Sizeof(Bell{}) - BellSize]struct{} // nor larger
)
