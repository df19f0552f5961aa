package results

import (
	"github.com/nrkern/nrkern/measure"
)

// Summary is what the samples of a folder show.
type Summary struct {
	Experiment string `json:"experiment"`
	Scale      string `json:"scale"`
	Status     Status `json:"status"`
	// Leading is the placement of most samples.
	Leading  measure.Placement `json:"placement"`
	Verdicts []Verdict         `json:"shapes"`
	Cells    []CellSummary     `json:"cells"`
}

// Outcome is what became of an expected shape.
type Outcome string

// The outcomes.
const (
	Held      Outcome = "held"
	Failed    Outcome = "FAILED"
	Noisy     Outcome = "inside the noise" // the samples allow both
	NotJudged Outcome = "not judged here"  // Text says why
)

// Verdict is the outcome of one expected shape.
type Verdict struct {
	Shape   string  `json:"shape"`
	Source  string  `json:"source"`
	Outcome Outcome `json:"outcome"`
	// Text says what was found, or why nothing could be judged.
	Text string `json:"text"`
	// Placement is where the CPUs were in the samples that were compared; empty
	// if none were.
	Placement measure.Placement `json:"placement"`
}

// CellSummary is a cell in figures.
type CellSummary struct {
	Variant   string            `json:"variant"`
	Factors   map[string]string `json:"factors"`
	Placement measure.Placement `json:"placement"`
	// Metrics has those that were measured.
	Metrics map[string]measure.Estimate `json:"metrics"`
}

// Summarize sums up a table's cells.
func (t *Table) Summarize() []CellSummary {
	all := []CellSummary{}
	for _, c := range t.Cells() {
		s := CellSummary{Variant: c.Variant, Factors: map[string]string{}, Placement: c.Placement, Metrics: map[string]measure.Estimate{}}
		for i, f := range t.Factors {
			s.Factors[f.Name] = c.Factors[i]
		}
		for i, m := range t.Metrics {
			if len(c.samples[i]) > 0 {
				s.Metrics[m.Name] = measure.Median(c.samples[i])
			}
		}
		all = append(all, s)
	}
	return all
}

// Count counts the verdicts of an outcome.
func (s *Summary) Count(o Outcome) int {
	n := 0
	for _, v := range s.Verdicts {
		if v.Outcome == o {
			n++
		}
	}
	return n
}
