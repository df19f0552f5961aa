//go:build !nrkern_nohook

package simulate

import (
	"errors"
	"testing"

	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/transport"
)

// TestWatchRingsOfAll: a machine whose rings cannot all be watched does not boot.
func TestWatchRingsOfAll(t *testing.T) {
	l := new(transport.Layout)
	if err := multikernel.AddMesh(l, 2, multikernel.MinRing); err != nil {
		t.Fatal(err)
	}
	s, err := transport.Local(l)
	if err != nil {
		t.Fatal(err)
	}
	mem, err := newMemory(s)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{Scenario: Scenario{Structure: "multikernel", Nodes: 3}, at: lookUp("multikernel"), machine: new(Machine), memory: mem}
	if err := bootMultikernel(r); !errors.Is(err, transport.ErrNoPart) {
		t.Errorf("%v, want %v", err, transport.ErrNoPart)
	}
	r.Nodes = 2
	if err := r.watchRings(multikernel.MinRing); err != nil {
		t.Error(err)
	}
}
