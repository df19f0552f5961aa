package node

import (
	"runtime/debug"
	"testing"
)

// TestSettleCollector: the user's GOGC is left alone.
func TestSettleCollector(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "50")
	if settleCollector(); debug.SetGCPercent(100) != 100 {
		t.Error("the user's choice was overruled")
	}
	t.Setenv("GOGC", "")
	if settleCollector(); debug.SetGCPercent(100) != collectPercent {
		t.Error("nothing was chosen")
	}
}
