package bench

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/measure"
)

// Unit is what a figure counts.
type Unit string

// The units.
const (
	MopsPerS   Unit = "Mops/s"
	NSPerOp    Unit = "ns/op"
	Latency    Unit = "ns"
	LatencyMax Unit = "ns-max"
	// PercentOfCPU is time on CPUs, in percent of what one has.
	PercentOfCPU Unit = "%cpu"
)

// Verdict is how a figure compares with its target.
type Verdict string

// The verdicts. Where the target lies inside the interval, the verdict goes by
// the median and Line.Unsure is set.
const (
	Met         Verdict = "met"
	Missed      Verdict = "missed"
	Reported    Verdict = "reported" // there is no target
	NotMeasured Verdict = "not measured"
)

// Target is what a figure is held to: its ratio to the reference, or itself if
// it has no reference.
type Target struct {
	AtMost bool    `json:"at_most"` // else at least
	Value  float64 `json:"value"`
}

func atMost(value float64) *Target  { return &Target{AtMost: true, Value: value} }
func atLeast(value float64) *Target { return &Target{Value: value} }

// judge compares an estimate with the target.
func (t *Target) judge(e Estimate) (v Verdict, unsure bool) {
	good := func(x float64) bool { return t.AtMost && x <= t.Value || !t.AtMost && x >= t.Value }
	v = Missed
	if good(e.Median) {
		v = Met
	}
	return v, good(e.Low) != good(e.High)
}

// Line is one line of the table: a figure of ours, what it is set beside, and
// what became of its target.
type Line struct {
	Row string `json:"row"`
	// Case is the point of the row: a share of writes, say.
	Case      string    `json:"case,omitempty"`
	Placement Placement `json:"placement,omitempty"`
	Unit      Unit      `json:"unit,omitempty"`

	OursName      string    `json:"ours_name,omitempty"`
	Ours          *Estimate `json:"ours,omitempty"`
	ReferenceName string    `json:"reference_name,omitempty"`
	Reference     *Estimate `json:"reference,omitempty"`
	// Ratio is ours over the reference, as medians.
	Ratio *Estimate `json:"ratio,omitempty"`

	Target  *Target `json:"target,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Unsure says that the target lies inside the interval.
	Unsure bool `json:"unsure,omitempty"`
	// Preempted says that the figure includes samples during which other
	// programs had one of the CPUs for a while.
	Preempted bool `json:"preempted,omitempty"`
	// Reason says why there is no figure, or what the reader must know.
	Reason string `json:"reason,omitempty"`
}

// compare makes the line of two variants of a series. The target counts in the
// placements it was set for, and the line is a report elsewhere.
func compare(s *Series, ours, reference string, t *Target) Line {
	a, b := s.of(ours), s.of(reference)
	x, y, ratio := measure.Median(a.Values), measure.Median(b.Values), measure.Ratio(a.Values, b.Values)
	l := Line{
		Placement: s.Placement, Unit: s.Unit, OursName: ours, Ours: &x, ReferenceName: reference, Reference: &y, Ratio: &ratio,
		Verdict: Reported, Preempted: a.Preempted || b.Preempted,
	}
	if t != nil && (s.Placement == SameL3 || s.Placement == OneCPU || s.Placement == Processes) {
		l.Target = t
		l.Verdict, l.Unsure = t.judge(ratio)
	}
	return l
}

// compareAll makes the lines of two variants in all placements. Where there is a
// target and no placement that it was set for, a line says so.
func compareAll(found []Series, ours, reference string, t *Target) []Line {
	var lines []Line
	judged := t == nil || len(found) == 0
	for i := range found {
		l := compare(&found[i], ours, reference, t)
		judged = judged || l.Target != nil
		lines = append(lines, l)
	}
	if !judged {
		lines = append(lines, Line{
			Placement: SameL3, OursName: ours, ReferenceName: reference, Target: t, Verdict: NotMeasured,
			Reason: "the host did not leave the CPUs in one last-level cache for long enough",
		})
	}
	return lines
}

// alone makes the line of a figure that is held to a value.
func alone(name string, unit Unit, e Estimate, t *Target) Line {
	l := Line{Unit: unit, OursName: name, Ours: &e, Verdict: Reported}
	if t != nil {
		l.Target = t
		l.Verdict, l.Unsure = t.judge(e)
	}
	return l
}

// orFailed adds the line of an error, if there is one.
func orFailed(lines []Line, err error) []Line {
	if err != nil {
		lines = append(lines, failed(err))
	}
	return lines
}

// failed makes the line of what could not be measured.
func failed(err error) Line {
	l := Line{Verdict: NotMeasured, Reason: err.Error()}
	if !errors.Is(err, ErrNotMeasured) {
		l.Reason = fmt.Sprintf("failed: %v", err)
	}
	return l
}

// in sets the case of lines.
func in(point string, lines ...Line) []Line {
	for i := range lines {
		lines[i].Case = point
	}
	return lines
}
