package workload

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// TestDrawsAreTheGenerators: a bare structure and a port get the same load.
func TestDrawsAreTheGenerators(t *testing.T) {
	for _, d := range []Distribution{Uniform, Zipf} {
		s := Default()
		s.WriteRatio, s.Keys, s.Distribution = 37, 1000, d
		draws, err := NewDraws(s, 3)
		if err != nil {
			t.Fatal(err)
		}
		g, op := newGenerator(s, 3, 1), new(kernel.Op)
		for i := range 10_000 {
			key, v, write := draws.Next()
			g.next(op, 0)
			if key != op.Args[0] || v != op.Args[1] || write == op.Code.IsQuery() {
				t.Fatalf("%s, draw %d: key %d, value %#x, write %v; the generator has %+v", d, i, key, v, write, op)
			}
		}
	}
	if _, err := NewDraws(Spec{}, 0); err == nil {
		t.Error("draws of no workload")
	}
}
