package channel

import (
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "channel",
		Title:  "A message channel between two CPUs, under three flow controls",
		Claim:  "A message costs the transfer of its cache line; several under way overlap their transfers, and a flow control is the better the fewer lines it moves.",
		Source: "Baumann et al., The Multikernel, SOSP'09, section 4.6 and table 2; Barrelfish TN-009 and doc/011-idc; Kaestle et al., Machine-aware Atomic Broadcast Trees for Multicores (Smelt), OSDI'16",
		Method: "Two threads, each pinned to its CPU, send messages of one slot over a pair of rings in one process: round trips with one or more under way, a stream one way, and round trips over many open channels, of which the answering thread polls one after the other. The three flow controls are epoch (the header carries a number and, piggybacked, the acknowledgement; the machines use it), used-bit (the receiver writes each slot free) and ack-word (a word of its own, written at half of the ring and at its end). All three are called through one interface, which costs each the same few nanoseconds a message. Hand-overs are those that the ends observe; of used-bit the write that frees a slot is not among them.",
		Factors: []results.Column{
			{Name: "pattern", Label: "pattern"},
			{Name: "window", Label: "messages under way"},
			{Name: "ring_slots", Label: "slots of a ring"},
			{Name: "channels", Label: "open channels"},
		},
		Metrics: []results.Column{
			{Name: "messages_per_s", Label: "messages a second"},
			{Name: "round_trip_ns", Label: "round trip of a message, ns", Lower: true},
			{Name: "handovers_per_message", Label: "cache-line hand-overs a message (observed: a lower bound)", Lower: true},
		},
		Figures: []results.Figure{
			{Name: "window", Title: "Round trips: more messages under way", Kind: results.Lines, X: "window", Y: "messages_per_s", LogX: true, At: results.Where{"pattern": "round-trip", "channels": "1"}},
			{Name: "ring", Title: "A stream: the size of the ring", Kind: results.Lines, X: "ring_slots", Y: "messages_per_s", LogX: true, At: results.Where{"pattern": "stream"}},
			{Name: "polled", Title: "Round trips over many open channels", Kind: results.Lines, X: "channels", Y: "round_trip_ns", LogX: true, LogY: true, At: results.Where{"pattern": "polled"}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

// point is a point of the sweep.
type point struct {
	pattern                string
	window, ring, channels int
}

func points(lab *experiment.Lab) []point {
	var all []point
	for _, w := range experiment.Few(lab, []int{1, 16}, []int{1, 4, 16}, []int{1, 2, 4, 8, 16, 32}) {
		all = append(all, point{"round-trip", w, 32, 1})
	}
	for _, r := range experiment.Few(lab, []int{32}, []int{8, 32, 256}, []int{4, 8, 16, 32, 64, 256, 1024, 4096}) {
		all = append(all, point{"stream", 0, r, 1})
	}
	for _, c := range experiment.Few(lab, []int{64}, []int{1, 64, 1024}, []int{1, 4, 16, 64, 256, 1024, 4096}) {
		all = append(all, point{"polled", 1, 8, c})
	}
	return all
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	cpus := lab.Pair()
	if len(cpus) < 2 {
		return nil, experiment.NeedCPUs(2, len(cpus))
	}
	var all []experiment.Point
	for _, p := range points(lab) {
		var cells experiment.Point
		for _, c := range controls() {
			if p.pattern == "polled" && c.name != "epoch" {
				continue // what is polled is a header under each of them
			}
			t, err := newTalk(c, p.ring, p.window, p.channels)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell(c, p, t, cpus))
		}
		all = append(all, cells)
	}
	return []experiment.Block{experiment.Static("two CPUs", all)}, nil
}

func cell(c control, p point, t *talk, cpus []int) experiment.Cell {
	factors := []string{p.pattern, strconv.Itoa(p.window), strconv.Itoa(p.ring), strconv.Itoa(p.channels)}
	if p.window == 0 {
		factors[1] = "ring"
	}
	job := t.job()
	var before uint64
	// Lines are counted over warm-up and measurement, as messages are.
	var messages uint64
	work := job.Work
	job.Work = func(who int, until uint64) (uint64, error) {
		n, err := work(who, until)
		if n > 0 {
			messages += n // one of the two counts
		}
		return n, err
	}
	return experiment.CrewCell(c.name, factors, cpus, job, func(r measure.Reading) map[string]float64 {
		v := map[string]float64{"messages_per_s": float64(r.Operations) / r.Elapsed.Seconds()}
		if p.window > 0 {
			v["round_trip_ns"] = float64(r.Elapsed.Nanoseconds()) * float64(p.window) / float64(r.Operations)
		}
		lines := t.crossed(c)
		v["handovers_per_message"] = float64(lines-before) / float64(messages)
		before, messages = lines, 0
		return v
	})
}
