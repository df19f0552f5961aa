package main

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/tracing"
)

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
