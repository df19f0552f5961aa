package biglock

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/transport"
)

// Kind names a lock.
type Kind string

// The locks to choose from.
const (
	Mutex  Kind = "mutex"
	RWLock Kind = "rwlock"
	MCS    Kind = "mcs"
)

// Kinds returns all locks, in the order tables show them.
func Kinds() []Kind { return []Kind{Mutex, RWLock, MCS} }

// ErrKind is the error of a lock that there is not.
var ErrKind = errors.New("no such lock")

// ParseKind checks the value of a --lock flag.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("%w: %q: want mutex, rwlock or mcs", ErrKind, s)
}

// lock is held by one writer, or, if it can tell them apart, by several
// readers. The id is the thread's, below combining.MaxThreads.
type lock interface {
	lock(id int)
	unlock(id int)
	rlock(id int)
	runlock(id int)
}

func newLock(k Kind, m *Machine) (lock, error) {
	switch k {
	case Mutex:
		return &mutex{policy: m.policy}, nil
	case RWLock:
		return &rwLock{station: m.station, readers: combining.NewReaderLock(m.policy)}, nil
	case MCS:
		return &mcs{policy: m.policy}, nil
	}
	_, err := ParseKind(string(k))
	return nil, err
}

// mutex is a test-and-test-and-set lock that waits as the policy says: it
// spins, yields and then sleeps. sync.Mutex would park the goroutine of a
// pinned thread (7 microseconds a hand-over on a prototype).
type mutex struct {
	word   transport.Line
	policy *transport.Policy
}

func (l *mutex) lock(int) {
	if l.word.CompareAndSwap(0, 1) {
		return
	}
	w := transport.NewWaiter(l.policy)
	for l.word.Load() != 0 || !l.word.CompareAndSwap(0, 1) {
		w.Wait(&l.word.Word, 1)
	}
}

func (l *mutex) unlock(int)     { l.word.Store(0) }
func (l *mutex) rlock(id int)   { l.lock(id) }
func (l *mutex) runlock(id int) { l.unlock(id) }

// rwLock is the distributed reader-writer lock. Writers exclude each other, and
// threads that join or leave, by the lock of the station.
type rwLock struct {
	station *combining.Station
	readers *combining.ReaderLock
}

func (l *rwLock) lock(int) {
	l.station.Lock()
	l.readers.Lock(l.station.Threads())
}

func (l *rwLock) unlock(int) {
	l.readers.Unlock()
	l.station.Unlock()
}

func (l *rwLock) rlock(id int)   { l.readers.RLock(id) }
func (l *rwLock) runlock(id int) { l.readers.RUnlock(id) }

// mcs is a queue lock: a waiter appends itself to the queue by one exchange
// and spins on its own line until its predecessor hands the lock over.
type mcs struct {
	tail   transport.Line // 1 + id of the last in the queue, 0 when free
	places [combining.MaxThreads]mcsPlace
	policy *transport.Policy
}

type mcsPlace struct {
	next transport.Line // 1 + id of the successor
	wait transport.Line // 1 until the predecessor hands over
}

func (l *mcs) lock(id int) {
	me := &l.places[id]
	me.next.Store(0)
	me.wait.Store(1)
	before := l.tail.Swap(uint64(id) + 1)
	if before == 0 {
		return
	}
	l.places[before-1].next.Store(uint64(id) + 1)
	w := transport.NewWaiter(l.policy)
	for me.wait.Load() != 0 {
		w.Wait(&me.wait.Word, 1)
	}
}

func (l *mcs) unlock(id int) {
	me := &l.places[id]
	next := me.next.Load()
	if next == 0 {
		if l.tail.CompareAndSwap(uint64(id)+1, 0) {
			return
		}
		if mutant.QueueUnlinked {
			return
		}
		// Somebody has exchanged the tail and is about to name itself.
		w := transport.NewWaiter(l.policy)
		for next = me.next.Load(); next == 0; next = me.next.Load() {
			w.Wait(&me.next.Word, 0)
		}
	}
	l.places[next-1].wait.Store(0)
}

func (l *mcs) rlock(id int)   { l.lock(id) }
func (l *mcs) runlock(id int) { l.unlock(id) }
