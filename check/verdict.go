package check

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Judgement is the outcome of a check.
type Judgement string

// The judgements. Unknown is what a check that ran out of time says: it is not
// a pass.
const (
	OK      Judgement = "ok"
	Illegal Judgement = "illegal"
	Unknown Judgement = "unknown"
)

// Verdict is what Linearizable found.
type Verdict struct {
	Judgement  Judgement `json:"judgement"`
	Operations int       `json:"operations"`
	Open       int       `json:"open_operations"`
	Keys       int       `json:"keys"`
	// Overlapping counts the operations that were in progress at the same time
	// as another on their key, OverlappingClients as one of another client.
	Overlapping        int `json:"overlapping_operations"`
	OverlappingClients int `json:"overlapping_operations_of_other_clients"`
	// Excerpt shows what cannot be explained, or which key took too long.
	Excerpt string `json:"excerpt,omitempty"`
	// Visualization is the path of the HTML page that shows it.
	Visualization string        `json:"visualization,omitempty"`
	Elapsed       time.Duration `json:"elapsed_ns"`
}

// OverlapShare returns the share, in percent, of the operations that
// overlapped one of another client on their key.
func (v *Verdict) OverlapShare() float64 {
	return 100 * float64(v.OverlappingClients) / max(1, float64(v.Operations))
}

// Options are the choices of Linearizable.
type Options struct {
	// Timeout bounds the check; 0 means a minute. Past it the judgement is
	// Unknown.
	Timeout time.Duration
	// Visualization is where to write an HTML page if the history is illegal;
	// empty for none.
	Visualization string
}

// Linearizable judges a history of kv operations on keys that were missing when
// it began: whether each operation can have happened at one instant between its
// call and its return so that all answers are those of package kv. An open
// operation can have happened at any time after its call, or never.
//
// Keys are independent and judged one by one (linearizability is local:
// Herlihy and Wing, theorem 1), unless operations over several keys tie them
// together. The histories are to be far from the service's
// limits: "full" explains nothing here.
func Linearizable(entries []Entry, o Options) (Verdict, error) {
	began := time.Now()
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	v := Verdict{Judgement: OK, Operations: len(entries)}
	all, keys, err := groups(entries)
	if err != nil {
		return Verdict{}, err
	}
	v.Keys = keys
	for _, e := range entries {
		if !e.Answered {
			v.Open++
		}
	}
	for _, g := range all {
		any, clients := overlaps(g.entries)
		v.Overlapping += any
		v.OverlappingClients += clients
		if v.Judgement == Illegal {
			continue // one is enough to look at; the counts go on
		}
		left := o.Timeout - time.Since(began)
		switch g.judge(g.entries, left) {
		case porcupine.Illegal:
			v.Judgement = Illegal
			v.Excerpt = g.excerpt(o.Timeout)
			if o.Visualization != "" {
				if err := g.visualize(o); err != nil {
					return v, err
				}
				v.Visualization = o.Visualization
			}
		case porcupine.Unknown:
			v.Judgement = Unknown
			v.Excerpt = fmt.Sprintf("%s: %d operations were not judged within %v", g.name, len(g.entries), o.Timeout)
		}
	}
	v.Elapsed = time.Since(began)
	return v, nil
}

// operations returns the history in porcupine's terms. An open operation
// returns at the end of time, and may answer anything: that it never happened
// is that it happened last.
func operations(history []*Entry) []porcupine.Operation {
	ops := make([]porcupine.Operation, 0, len(history))
	last := int64(math.MinInt64)
	for _, e := range history {
		last = max(last, e.Call)
		if e.Answered {
			last = max(last, e.Return)
		}
	}
	lanes := make(map[[2]int]int) // a client's places overlap: a lane for each
	for _, e := range history {
		lane, ok := lanes[[2]int{e.Client, e.Place}]
		if !ok {
			lane = len(lanes)
			lanes[[2]int{e.Client, e.Place}] = lane
		}
		end := last + 1
		if e.Answered {
			end = e.Return
		} else if e.Code.IsQuery() {
			continue // changes nothing and answered nothing
		}
		ops = append(ops, porcupine.Operation{ClientId: lane, Input: e, Call: e.Call, Return: end})
	}
	return ops
}

// excerpt names the first answer, by return, that nothing explains, and shows
// what came before it. Before it returned all was well: the history
// cut off there, with what was in progress open, is legal.
func (g *group) excerpt(timeout time.Duration) string {
	history := g.entries
	returned := make([]*Entry, 0, len(history))
	for _, e := range history {
		if e.Answered {
			returned = append(returned, e)
		}
	}
	slices.SortStableFunc(returned, func(a, b *Entry) int { return int(min(max(a.Return-b.Return, -1), 1)) })
	low, high := 0, len(returned)-1 // the culprit is in between: a cut that includes it is illegal
	for low < high {
		middle := (low + high) / 2
		switch g.judge(cut(history, returned[middle].Return), timeout) {
		case porcupine.Illegal:
			high = middle
		case porcupine.Ok:
			low = middle + 1
		default:
			return fmt.Sprintf("%s: no order of %d operations explains their answers", g.name, len(history))
		}
	}
	culprit := returned[low]
	var b strings.Builder
	fmt.Fprintf(&b, "%s: no order explains the answer to client %d: %s\n", g.name, culprit.Client, culprit)
	fmt.Fprintf(&b, "operations there, in order of their calls, up to its return:\n")
	const shown = 16
	before := cut(history, culprit.Return)
	if skipped := len(before) - shown; skipped > 0 {
		fmt.Fprintf(&b, "  ... %d more\n", skipped)
		before = before[skipped:]
	}
	for _, e := range before {
		end := "         -"
		if e.Answered {
			end = fmt.Sprintf("%10d", e.Return-history[0].Call)
		}
		mark := ""
		if e.Call == culprit.Call && e.Client == culprit.Client && e.Place == culprit.Place {
			mark = "   <- not explained"
		}
		fmt.Fprintf(&b, "  %10d to %s ns  client %-3d %s%s\n", e.Call-history[0].Call, end, e.Client, e, mark)
	}
	return b.String()
}

// cut returns the history up to a time: what was called by then, open if it
// returned later.
func cut(history []*Entry, at int64) []*Entry {
	var part []*Entry
	for _, e := range history {
		if e.Call > at {
			break
		}
		if e.Answered && e.Return > at {
			open := *e
			open.Answered = false
			e = &open
		}
		part = append(part, e)
	}
	return part
}
