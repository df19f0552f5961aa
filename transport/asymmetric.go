package transport

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/internal/mutant"
)

// An asymmetric fence puts the whole cost of ordering a store before a later
// load on one of two sides. The light side, which does it at every operation,
// pays nothing: StoreLight is a plain store. The heavy side, which does it
// rarely, calls FenceHeavy between its own store and its load: membarrier(2)
// makes every running thread of the process drain its store buffer. Both sides
// are threads of one process.

// asymmetric is whether this Linux has the fence. Without it StoreLight is an
// exchange and FenceHeavy does nothing.
var asymmetric bool

// The commands of membarrier(2).
const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

var readyOnce sync.Once

// ReadyFences makes StoreLight light, if Linux can. Whoever makes a thing that
// uses it calls this before its threads start.
func ReadyFences() {
	readyOnce.Do(func() {
		_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegisterPrivateExpedited, 0, 0)
		asymmetric = errno == 0
	})
}

// StoreLight stores v, ordered before the caller's later loads with regard to
// threads of this process that call FenceHeavy.
func (w *Word) StoreLight(v uint64) {
	if hooked || !asymmetric {
		storeSlowly(w, v)
		return
	}
	release(&w.v, v)
}

// storeSlowly is apart so that StoreLight is inlined. A simulated machine has the
// fence.
//
//go:noinline
func storeSlowly(w *Word, v uint64) {
	if hooked {
		hookStore(w, v)
		return
	}
	w.Swap(v)
}

// FenceHeavy orders the stores before it before the loads after it, for all
// running threads of the process: each StoreLight before it is visible after
// it, or its caller's later loads see what was stored here before it. It costs
// microseconds.
func FenceHeavy() {
	if mutant.NoHeavyFence {
		return
	}
	if hooked {
		hookFenceHeavy()
		return
	}
	if !asymmetric {
		return
	}
	// Registered, so it cannot fail.
	_, _, _ = unix.Syscall(unix.SYS_MEMBARRIER, membarrierPrivateExpedited, 0, 0)
}
