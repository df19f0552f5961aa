package bench

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// TestServices: the map and the table answer as a map does.
func TestServices(t *testing.T) {
	const keys = 300
	for name, s := range map[string]kernel.Service{"map": newGoMap(), "table": newFixedTable(keys)} {
		model := map[uint64]uint64{}
		var res kernel.Result
		m := newMix(keys, 30, 0)
		for range 5000 {
			key, value, read := m.next()
			res.Reset()
			op := kernel.Op{Code: codeGet, Args: [kernel.MaxArgs]uint64{key, value}}
			if read {
				s.Query(&op, &res)
				if want, ok := model[key]; ok != (res.Status == kernel.StatusOK) || res.Value != want {
					t.Fatalf("%s: get %d = %d, %v; want %d, %v", name, key, res.Value, res.Status, want, ok)
				}
				continue
			}
			op.Code = codePut
			s.Apply(&op, &res)
			if res.Status != kernel.StatusOK {
				t.Fatalf("%s: put %d: %v", name, key, res.Status)
			}
			model[key] = value
		}
		if want := (&goMap{m: model}).Digest(); s.Digest() != want {
			t.Errorf("%s: digest %x, want %x", name, s.Digest(), want)
		}
	}
}

// TestFixedTableIsFull: more keys than entries are refused, not lost.
func TestFixedTableIsFull(t *testing.T) {
	table := newFixedTable(4)
	size := uint64(len(table.(*fixedTable).entries))
	var res kernel.Result
	for key := range size + 1 {
		res.Reset()
		table.Apply(&kernel.Op{Args: [kernel.MaxArgs]uint64{key, key}}, &res)
		if full := res.Status == kernel.StatusFull; full != (key == size) {
			t.Fatalf("key %d of %d entries: %v", key, size, res.Status)
		}
	}
	table.Query(&kernel.Op{Args: [kernel.MaxArgs]uint64{size + 5}}, &res)
	if res.Status != kernel.StatusNotFound && res.Status != kernel.StatusFull {
		t.Errorf("a key that a full table does not have: %v", res.Status)
	}
}

// TestMix: the share of writes is what was asked for, keys are in range, and a
// value names its key.
func TestMix(t *testing.T) {
	for _, writes := range []uint64{0, 10, 50, 100} {
		m := newMix(1000, writes, 1)
		n := uint64(0)
		const draws = 20_000
		for range draws {
			key, value, read := m.next()
			if key >= 1000 || value&(1<<32-1) != key {
				t.Fatalf("key %d, value %#x", key, value)
			}
			if !read {
				n++
			}
		}
		if got, want := n*100/draws, writes; got+2 < want || got > want+2 {
			t.Errorf("%d %% writes asked, %d %% drawn", want, got)
		}
	}
}
