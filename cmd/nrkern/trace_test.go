package main

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/tracing"
)

func TestFoldedStacks(t *testing.T) {
	var b strings.Builder
	stacks := []tracing.Stack{{Node: 0, Samples: 3, Frames: []string{"inner", "outer"}}, {Node: -1, Samples: 1, Frames: []string{"x"}}}
	if err := foldStacks(&b, stacks); err != nil {
		t.Fatal(err)
	}
	if want := "node 0;outer;inner 3\nnode all;x 1\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestMatrixGrid(t *testing.T) {
	g := matrixGrid(2, []tracing.HandOver{{From: 0, To: 1, Cause: "message", Lines: 5}, {From: -1, To: 0, Cause: "slot_reuse", Lines: 2}})
	var b strings.Builder
	if err := g.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"not known ", "node 0 "} {
		if !strings.Contains(b.String(), "\n"+want) {
			t.Errorf("no row %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "node 1 ") || matrixGrid(1, nil) != nil {
		t.Errorf("a row without lines:\n%s", b.String())
	}
}
