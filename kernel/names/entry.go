package names

import (
	"slices"
	"strings"
)

// shard is the names of one shard.
type shard struct {
	// tick counts versions, tokens, tickets and messages.
	tick    uint64
	entries []*entry // in ascending order of names
}

func (sh *shard) next() uint64 {
	sh.tick++
	return sh.tick
}

func (sh *shard) at(name string) (int, bool) {
	return slices.BinarySearchFunc(sh.entries, name, func(e *entry, name string) int { return strings.Compare(e.name, name) })
}

// find returns the entry of a name, or nil.
func (sh *shard) find(name []byte) *entry {
	low, high := 0, len(sh.entries)
	for low < high {
		middle := (low + high) / 2
		switch found := sh.entries[middle]; {
		case found.name == string(name):
			return found
		case found.name < string(name):
			low = middle + 1
		default:
			high = middle
		}
	}
	return nil
}

func (sh *shard) insert(e *entry) {
	i, _ := sh.at(e.name)
	sh.entries = slices.Insert(sh.entries, i, e)
}

func (sh *shard) remove(name string) {
	if i, found := sh.at(name); found {
		sh.entries = slices.Delete(sh.entries, i, i+1)
	}
}

// entry is what there is under a name: at least one of the four.
type entry struct {
	name    string
	record  *record
	lock    *lock
	barrier *barrier
	topic   *topic
}

func (e *entry) empty() bool {
	return e.record == nil && e.lock == nil && e.barrier == nil && e.topic == nil
}

// size is what an entry counts for in the limit on bytes; nil counts for nothing.
func (e *entry) size() uint64 {
	if e == nil {
		return 0
	}
	n := uint64(len(e.name))
	if e.record != nil {
		n += uint64(len(e.record.data))
	}
	if e.topic != nil {
		for i := range e.topic.boxes {
			for _, m := range e.topic.boxes[i].messages {
				n += uint64(len(m.text))
			}
		}
	}
	return n
}
