package numa

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/fstest"
)

// FuzzRead damages files of a fixture: each three bytes of the script name a
// file and what becomes of it, and text follows where that is its content.
func FuzzRead(f *testing.F) {
	names := machines(f)
	var systems []fstest.MapFS
	for i, name := range names {
		sys := machine(f, name)
		systems = append(systems, sys)
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte("\x00\x00\x00"))
		f.Add(uint8(i), []byte("\x00\x07\x030-3\x01\x02\x01"))
		for j := 0; j < len(sys); j += 1 + len(sys)/10 {
			f.Add(uint8(i), []byte{byte(j >> 8), byte(j), 0})
			f.Add(uint8(i), append([]byte{byte(j >> 8), byte(j), 6}, "0-3,64"...))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, script []byte) {
		sys := maps.Clone(systems[int(which)%len(systems)])
		paths := slices.Sorted(maps.Keys(sys))
		for len(script) >= 3 {
			path := paths[(int(script[0])<<8|int(script[1]))%len(paths)]
			size := min(int(script[2]), len(script)-3)
			if size == 0 {
				delete(sys, path)
			} else {
				sys[path] = &fstest.MapFile{Data: script[3 : 3+size], Mode: 0o444}
			}
			script = script[3+size:]
		}
		top, err := Read(sys, Limits{})
		if err != nil {
			if !errors.Is(err, ErrNoTopology) {
				t.Fatalf("error %v is no ErrNoTopology", err)
			}
			return
		}
		if err := consistent(top); err != nil {
			t.Fatal(err)
		}
		virtual, err := top.Overlay(Spec{Nodes: 2, Cores: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := consistent(virtual); err != nil {
			t.Fatal(err)
		}
	})
}
