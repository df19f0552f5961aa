package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/nrkern/nrkern/kernel/kv"
)

// group is the part of a history that is judged by itself: the operations on
// one key, or all of them if some are over several keys.
type group struct {
	name    string // "key 7", or "all keys"
	model   porcupine.Model
	entries []*Entry // in order of calls
}

// groups validates entries and sorts them into groups. It returns the number of
// keys too.
func groups(entries []Entry) (gs []*group, keys int, err error) {
	byKey, together := make(map[uint64]*group), false
	all := &group{name: "all keys", model: stateModel}
	for i := range entries {
		e := &entries[i]
		if err := e.validate(); err != nil {
			return nil, 0, err
		}
		all.entries = append(all.entries, e)
		together = together || e.spans()
		for _, key := range e.keys() {
			g := byKey[key]
			if g == nil {
				g = &group{name: fmt.Sprintf("key %d", key), model: keyModel}
				byKey[key] = g
				gs = append(gs, g)
			}
			g.entries = append(g.entries, e)
		}
	}
	keys = len(gs)
	if together {
		gs = []*group{all}
	}
	for _, g := range gs {
		slices.SortStableFunc(g.entries, byCall)
	}
	return gs, keys, nil
}

// keys returns the keys that an operation names.
func (e *Entry) keys() []uint64 {
	switch e.Code {
	case kv.CodeSize, kv.CodeScan:
		return nil
	case kv.CodePutMany:
		var keys []uint64
		for _, p := range kv.PairsOf(nil, e.Data) {
			if !slices.Contains(keys, p.Key) {
				keys = append(keys, p.Key)
			}
		}
		return keys
	}
	return []uint64{e.Key}
}

// byCall orders entries by their calls.
func byCall(a, b *Entry) int { return cmp.Compare(a.Call, b.Call) }

// judge judges entries of the group.
func (g *group) judge(entries []*Entry, timeout time.Duration) porcupine.CheckResult {
	if timeout <= 0 {
		return porcupine.Unknown // porcupine takes 0 for "no limit"
	}
	return porcupine.CheckOperationsTimeout(g.model, operations(entries), timeout)
}

// visualize writes porcupine's page about the group.
func (g *group) visualize(o Options) error {
	_, info := porcupine.CheckOperationsVerbose(g.model, operations(g.entries), o.Timeout)
	if err := porcupine.VisualizePath(g.model, info, o.Visualization); err != nil {
		return fmt.Errorf("write the visualization: %w", err)
	}
	return nil
}
