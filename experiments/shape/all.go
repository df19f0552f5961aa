package shape

import (
	"slices"
	"strings"

	"github.com/nrkern/nrkern/experiments/results"
)

// All expects several things at once: that each of them holds, in the placement
// that it has samples enough of.
type All []Judge

func (a All) judge(d *data) results.Verdict {
	var v results.Verdict
	var outcomes []results.Outcome
	var texts []string
	for i, j := range a {
		one := j.judge(d)
		outcomes, texts = append(outcomes, one.Outcome), append(texts, one.Text)
		if i == 0 || v.Placement == "" {
			v.Placement = one.Placement
		}
	}
	v.Outcome, v.Text = worst(outcomes...), strings.Join(texts, "; ")
	return v
}

// worst is the outcome of what is several: what FAILED in part has failed.
func worst(of ...results.Outcome) results.Outcome {
	for _, o := range []results.Outcome{results.Failed, results.NotJudged, results.Noisy} {
		if slices.Contains(of, o) {
			return o
		}
	}
	return results.Held
}
