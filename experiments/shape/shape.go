package shape

import (
	"fmt"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// MinSamples is the fewest samples of a cell that are judged: with fewer the
// interval of a median is the whole range, and of no known confidence.
const MinSamples = 5

// Tie is the ratio up to which two medians are not told apart, whatever their
// intervals: a thread's code and data lie otherwise in the next boot.
const Tie = 1.05

// Shape is something that a figure is expected to show.
type Shape struct {
	// Text is the expectation, in one sentence.
	Text string
	// Source is where it comes from.
	Source string
	// Metric is the name of the metric that is compared.
	Metric string
	// Needs is what a machine must have for the shape to be judged there.
	Needs Needs
	// Placement is the one that the expectation is of: samples of others do not
	// judge it. Empty for any, the nearest first.
	Placement measure.Placement
	Judge     Judge
	// Exact says that the metric is counted, not timed: a single sample is
	// judged.
	Exact bool
}

// Needs is what a machine must have at least; zero needs nothing.
type Needs struct {
	Nodes, Caches, CPUs int
	Threads             int // of one core
}

// Host is what the machine has.
type Host = Needs

// missing returns what the machine lacks, or nothing.
func (n Needs) missing(h Host) string {
	for _, need := range []struct {
		want, have int
		what       string
	}{{n.Nodes, h.Nodes, "NUMA nodes"}, {n.Caches, h.Caches, "last-level caches"}, {n.CPUs, h.CPUs, "CPUs"}, {n.Threads, h.Threads, "threads of one core"}} {
		if need.have < need.want {
			return fmt.Sprintf("needs %d %s, this machine has %d", need.want, need.what, need.have)
		}
	}
	return ""
}

// Judge compares the cells of a table.
type Judge interface {
	judge(d *data) results.Verdict
}

// Verdicts judges shapes by the samples of a table.
func Verdicts(shapes []Shape, t *results.Table, h Host) []results.Verdict {
	all := []results.Verdict{}
	cells := t.Cells()
	for _, s := range shapes {
		var v results.Verdict
		if lack := s.Needs.missing(h); lack != "" {
			v = notJudged("%s", lack)
		} else {
			d := &data{table: t, cells: cells, metric: t.Metric(s.Metric), least: MinSamples, met: map[measure.Placement]bool{}, placements: placements()}
			if s.Placement != "" {
				d.placements = []measure.Placement{s.Placement}
			}
			if s.Exact {
				d.least = 1
			}
			if d.metric < 0 {
				v = notJudged("there is no metric %q", s.Metric)
			} else {
				d.lower = t.Metrics[d.metric].Lower
				v = s.Judge.judge(d)
				if v.Outcome == results.NotJudged && s.Placement != "" {
					v.Text += "; what is expected is of this placement: " + s.Placement.Words()
				}
				if v.Placement != "" && !d.met[v.Placement] {
					v.Placement = measure.OneCPU
				}
				switch {
				case d.unknown != "":
					v = notJudged("there is no factor %q", d.unknown)
				case d.ambiguous:
					v = notJudged("the point of the shape is several points of the data: name more factors")
				}
			}
		}
		v.Shape, v.Source = s.Text, s.Source
		all = append(all, v)
	}
	return all
}

func notJudged(format string, args ...any) results.Verdict {
	return results.Verdict{Outcome: results.NotJudged, Text: fmt.Sprintf(format, args...)}
}

// data is what a judge looks at.
type data struct {
	table  *results.Table
	cells  []*results.Cell
	metric int
	least  int
	lower  bool // smaller is better
	// placements are those to look at, in order.
	placements []measure.Placement
	// ambiguous is set when a point turned out to be several, unknown to a
	// factor that the table does not have.
	ambiguous bool
	unknown   string
	// met has the placements of which there was a sample at a point asked for.
	met map[measure.Placement]bool
}

// find returns the samples of the metric of the variants at a point and a
// placement, of those that have enough. What ran on one CPU is of every
// placement: it has no distance to anything.
func (d *data) find(variants []string, at results.Where, p measure.Placement) map[string][]float64 {
	found := map[string][]float64{}
	for name := range at {
		if d.table.Factor(name) < 0 {
			d.unknown = name
		}
	}
	for _, c := range d.cells {
		if c.Placement != p && c.Placement != measure.OneCPU || !d.table.At(c, at) {
			continue
		}
		for _, v := range variants {
			if c.Variant != v || len(c.Samples(d.metric)) < d.least {
				continue
			}
			d.ambiguous = d.ambiguous || found[v] != nil
			d.met[c.Placement] = true
			found[v] = c.Samples(d.metric)
		}
	}
	return found
}

// placements are those to look at, the nearest to the usual first.
func placements() []measure.Placement {
	return []measure.Placement{measure.SameL3, measure.OneCPU, measure.Sibling, measure.Far}
}

// best returns the variant whose median is the best.
func (d *data) best(of map[string][]float64, order []string) string {
	best := ""
	for _, v := range order {
		s, ok := of[v]
		if !ok {
			continue
		}
		if best == "" || d.better(measure.Median(s).Median, measure.Median(of[best]).Median) {
			best = v
		}
	}
	return best
}

func (d *data) better(a, b float64) bool { return d.lower == (a < b) && a != b }

// advantage is how many times better a is than b.
func (d *data) advantage(a, b []float64) measure.Estimate {
	if d.lower {
		return measure.Ratio(b, a)
	}
	return measure.Ratio(a, b)
}

// outcome judges that a ratio is at least a limit.
func outcome(r measure.Estimate, limit float64) results.Outcome {
	switch {
	case r.Low >= limit && r.Median >= limit*margin(limit):
		return results.Held
	case r.High < limit && r.Median*margin(limit) <= limit:
		return results.Failed
	}
	return results.Noisy
}

// margin is what a ratio must be beyond a limit: Tie where the question is who
// is ahead, nothing where the limit is a number of its own.
func margin(limit float64) float64 {
	if limit == 1 {
		return Tie
	}
	return 1
}

func estimateText(e measure.Estimate) string {
	return fmt.Sprintf("%.2f times [%.2f, %.2f]", e.Median, e.Low, e.High)
}
