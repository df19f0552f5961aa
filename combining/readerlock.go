package combining

import (
	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/transport"
)

// ReaderLock is a distributed reader-writer lock: each reader has a flag on a
// line of its own, so that readers do not disturb each other (on a prototype with
// two threads, 72 million reads a second, and 31 with one counter for both); the
// one writer at a time looks at all flags. It prefers the writer.
//
// A reader's flag is taken with an exchange, because the load of the writer's
// word after it must not overtake it.
type ReaderLock struct {
	writer transport.Line
	flags  [MaxThreads]transport.Line
	policy *transport.Policy
}

// NewReaderLock returns a free lock.
func NewReaderLock(p *transport.Policy) *ReaderLock { return &ReaderLock{policy: p} }

// RLock lets reader id in. No thread may use another's id.
func (l *ReaderLock) RLock(id int) {
	flag := &l.flags[id]
	if mutant.PlainReaderFlag {
		flag.Store(1)
	} else if up := flag.Swap(1); assert.On && up != 0 {
		assert.Fail("reader %d takes its lock, and has it", id)
	}
	if l.writer.Load() == 0 {
		return
	}
	l.rlockSlow(flag)
}

func (l *ReaderLock) rlockSlow(flag *transport.Line) {
	w := transport.NewWaiter(l.policy)
	for {
		if !mutant.FlagStaysUp {
			flag.Store(0)
		}
		for l.writer.Load() != 0 {
			w.Wait(&l.writer.Word, 1)
		}
		flag.Swap(1)
		if l.writer.Load() == 0 {
			return
		}
	}
}

// RUnlock lets reader id out.
func (l *ReaderLock) RUnlock(id int) { l.flags[id].Store(0) }

// Lock keeps new readers out and waits for those of the given threads to leave.
// There is one writer at a time: the caller sees to that.
func (l *ReaderLock) Lock(threads []*Thread) {
	if held := l.writer.Swap(1); assert.On && held != 0 {
		assert.Fail("a reader lock has two writers")
	}
	if mutant.SkipLastReader && len(threads) > 1 {
		threads = threads[:len(threads)-1]
	}
	for _, t := range threads {
		flag := &l.flags[t.ID]
		if flag.Load() == 0 {
			continue
		}
		w := transport.NewWaiter(l.policy)
		for flag.Load() != 0 {
			w.Wait(&flag.Word, 1)
		}
	}
}

// Unlock lets readers in again.
func (l *ReaderLock) Unlock() { l.writer.Store(0) }
