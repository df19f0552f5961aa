package inprocess

import (
	"sync"

	"github.com/puzpuzpuz/xsync/v4"

	"github.com/nrkern/nrkern/transport"
)

// goMap is a Go map that shares no cache line with another. Every write to a map
// writes its header, 48 bytes that the allocator packs side by side; the
// neighbours of this one are never written.
type goMap struct {
	m          map[uint64]uint64
	neighbours [2 * headersApart]map[uint64]uint64
	_          transport.Pad
}

// headersApart is how many headers lie side by side in twice the distance
// that keeps two words apart.
const headersApart = 2*transport.LineSize/48 + 1

// room makes the map, empty, with room for keys.
func (g *goMap) room(keys uint64) {
	for i := range g.neighbours {
		if i == headersApart {
			g.m = make(map[uint64]uint64, keys)
		}
		g.neighbours[i] = make(map[uint64]uint64)
	}
}

// fill makes the map, with a value under each key.
func (g *goMap) fill(keys uint64) {
	g.room(keys)
	for k := range keys {
		g.m[k] = k
	}
}

// bare is a Go map for each thread, with no synchronisation.
type bare []goMap

func newBare(keys uint64, threads int) store {
	b := make(bare, threads)
	for i := range b {
		b[i].fill(keys)
	}
	return b
}

func (s bare) apply(who int, b *batch) (wrong uint64) {
	m := s[who].m
	for i := range b {
		d := &b[i]
		if d.write {
			m[d.key] = d.value
		} else {
			wrong |= differs(m[d.key], d.key)
		}
	}
	return wrong
}

// mutexMap is one map behind a sync.Mutex.
type mutexMap struct {
	_  transport.Pad
	mu sync.Mutex
	goMap
}

func newMutexMap(keys uint64, _ int) store {
	s := new(mutexMap)
	s.fill(keys)
	return s
}

func (s *mutexMap) apply(_ int, b *batch) (wrong uint64) {
	for i := range b {
		d := &b[i]
		s.mu.Lock()
		if d.write {
			s.m[d.key] = d.value
		} else {
			wrong |= differs(s.m[d.key], d.key)
		}
		s.mu.Unlock()
	}
	return wrong
}

// rwMutexMap is one map behind a sync.RWMutex.
type rwMutexMap struct {
	_  transport.Pad
	mu sync.RWMutex
	goMap
}

func newRWMutexMap(keys uint64, _ int) store {
	s := new(rwMutexMap)
	s.fill(keys)
	return s
}

func (s *rwMutexMap) apply(_ int, b *batch) (wrong uint64) {
	for i := range b {
		d := &b[i]
		if d.write {
			s.mu.Lock()
			s.m[d.key] = d.value
			s.mu.Unlock()
		} else {
			s.mu.RLock()
			v := s.m[d.key]
			s.mu.RUnlock()
			wrong |= differs(v, d.key)
		}
	}
	return wrong
}

// stripes is the number of locks of a stripedMap.
const stripes = 64

// stripedMap is fine-grained locking: a map and a lock for each of 64 parts of
// the keys.
type stripedMap [stripes]mutexMap

func newStripedMap(keys uint64, _ int) store {
	s := new(stripedMap)
	for i := range s {
		s[i].room(keys / stripes)
	}
	for k := range keys {
		s.part(k).m[k] = k
	}
	return s
}

// part is the part of a key: by a multiplicative hash, for neighbouring keys
// may be hot together.
func (s *stripedMap) part(key uint64) *mutexMap {
	return &s[key*0x9e3779b97f4a7c15>>58]
}

func (s *stripedMap) apply(_ int, b *batch) (wrong uint64) {
	for i := range b {
		d := &b[i]
		p := s.part(d.key)
		p.mu.Lock()
		if d.write {
			p.m[d.key] = d.value
		} else {
			wrong |= differs(p.m[d.key], d.key)
		}
		p.mu.Unlock()
	}
	return wrong
}

// syncMap is the standard library's concurrent map.
type syncMap struct{ m sync.Map }

func newSyncMap(keys uint64, _ int) store {
	s := new(syncMap)
	for k := range keys {
		s.m.Store(k, k)
	}
	return s
}

func (s *syncMap) apply(_ int, b *batch) (wrong uint64) {
	for i := range b {
		d := &b[i]
		if d.write {
			s.m.Store(d.key, d.value)
		} else {
			v, _ := s.m.Load(d.key)
			n, _ := v.(uint64)
			wrong |= differs(n, d.key)
		}
	}
	return wrong
}

// xsyncMap is a concurrent map with lock-free reads (a CLHT: David, Guerraoui,
// Trigonakis, ASPLOS'15).
type xsyncMap struct{ m *xsync.Map[uint64, uint64] }

func newXSyncMap(keys uint64, _ int) store {
	s := xsyncMap{xsync.NewMap[uint64, uint64](xsync.WithPresize(int(keys)))}
	for k := range keys {
		s.m.Store(k, k)
	}
	return s
}

func (s xsyncMap) apply(_ int, b *batch) (wrong uint64) {
	for i := range b {
		d := &b[i]
		if d.write {
			s.m.Store(d.key, d.value)
		} else {
			v, _ := s.m.Load(d.key)
			wrong |= differs(v, d.key)
		}
	}
	return wrong
}
