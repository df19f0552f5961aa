//go:build !nrkern_nohook

package simulate

import "testing"

// TestShrinkUnknown: what was not judged is not run again, and is not made to be
// another failure.
func TestShrinkUnknown(t *testing.T) {
	s := Scenario{Structure: "nr", Exact: true}.drawn(1)
	f := &Found{Failure: Failure{Kind: FailureUnknown, Text: "no time"}, Seed: 1, Scenario: s, Schedule: "c0x2 c1x3"}
	full, err := parseSchedule(f.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	seg := segments{}
	if err := seg.shrink(f, full); err != nil || f.Shrunk != f.Schedule || len(seg) != 0 {
		t.Errorf("%v, shrunk to %q, %d machines booted", err, f.Shrunk, len(seg))
	}
}
