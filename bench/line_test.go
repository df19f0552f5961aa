package bench

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		target         *Target
		low, mid, high float64
		want           Verdict
		unsure         bool
	}{
		{atMost(1.05), 0.9, 1, 1.02, Met, false},
		{atMost(1.05), 0.9, 1, 1.2, Met, true},
		{atMost(1.05), 1, 1.1, 1.2, Missed, true},
		{atMost(1.05), 1.1, 1.2, 1.3, Missed, false},
		{atLeast(0.8), 0.9, 1, 1.1, Met, false},
		{atLeast(0.8), 0.7, 0.8, 1.1, Met, true},
		{atLeast(0.8), 0.6, 0.7, 0.75, Missed, false},
	} {
		v, unsure := c.target.judge(Estimate{Low: c.low, Median: c.mid, High: c.high})
		if v != c.want || unsure != c.unsure {
			t.Errorf("%+v of [%v %v %v]: %s, %v", *c.target, c.low, c.mid, c.high, v, unsure)
		}
	}
}

func seriesOf(at Placement, ours, reference float64) Series {
	return Series{Row: "row", Unit: NSPerOp, Placement: at, Variants: []Samples{
		{Name: "nr", Values: []float64{ours, ours, ours}},
		{Name: "C", Values: []float64{reference, reference, reference}, Preempted: at == Far},
	}}
}

// TestCompareAll: a target is judged in the placements it was set for, and
// where there was none of these, a line says so.
func TestCompareAll(t *testing.T) {
	lines := compareAll([]Series{seriesOf(SameL3, 110, 100), seriesOf(Far, 300, 100)}, "nr", "C", atMost(1.05))
	if len(lines) != 2 || lines[0].Verdict != Missed || lines[0].Ratio.Median != 1.1 || lines[1].Verdict != Reported || !lines[1].Preempted {
		t.Errorf("two placements: %+v", lines)
	}
	lines = compareAll([]Series{seriesOf(Far, 300, 100)}, "nr", "C", atMost(1.05))
	if len(lines) != 2 || lines[0].Verdict != Reported || lines[1].Verdict != NotMeasured || lines[1].Reason == "" {
		t.Errorf("far only: %+v", lines)
	}
	if lines = compareAll([]Series{seriesOf(Far, 300, 100)}, "nr", "C", nil); len(lines) != 1 {
		t.Errorf("far, no target: %+v", lines)
	}
	if lines = compareAll(nil, "nr", "C", atMost(1)); len(lines) != 0 {
		t.Errorf("nothing found: %+v", lines)
	}
}

func TestFailed(t *testing.T) {
	if l := failed(fmt.Errorf("%w: no C compiler", ErrNotMeasured)); l.Verdict != NotMeasured || strings.HasPrefix(l.Reason, "failed") {
		t.Errorf("not possible: %+v", l)
	}
	if l := failed(errors.New("broken")); l.Verdict != NotMeasured || l.Reason != "failed: broken" {
		t.Errorf("failed: %+v", l)
	}
}
