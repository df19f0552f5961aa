package tracing

import (
	"fmt"
	"math"
	"testing"

	"github.com/nrkern/nrkern/tracing/stacks"
)

// TestAllStacks: of many rare stacks every sample is in the report.
func TestAllStacks(t *testing.T) {
	var found []stacks.Stack
	for i := range 1000 {
		found = append(found, stacks.Stack{PID: 1, Samples: 1, Frames: []string{fmt.Sprint("f", i)}})
	}
	samples, share := uint64(0), 0.0
	for _, s := range stacksOf(found, map[int]int{1: 7}) {
		samples += s.Samples
		share += s.Share
		if s.Node != 7 {
			t.Fatalf("%+v", s)
		}
	}
	if samples != 1000 || math.Abs(share-1) > 1e-9 {
		t.Errorf("%d samples of 1000, shares of %v in all", samples, share)
	}
}
