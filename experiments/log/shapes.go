package log

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

func shapes() []shape.Shape {
	const prototype = "prototypes of this project in C: batches of 1, 8 and 32 append and consume 20.5, 115 and 160 M entries a second"
	with := func(replicas, batch, bytes string) results.Where {
		return results.Where{"replicas": replicas, "batch": batch, "entry_bytes": bytes, "log_slots": defaultSlots, "home": "0"}
	}
	without := func(w results.Where, factor string) results.Where { delete(w, factor); return w }
	trend := func(along, from, to string, way shape.Direction, by float64, at results.Where) shape.Trend {
		return shape.Trend{Variant: "nr", Along: along, From: from, To: to, Go: way, By: by, At: at}
	}
	return []shape.Shape{
		{
			Text:   "Two replicas: a batch of 8 appends at least three times the entries of single appends",
			Source: prototype, Metric: "entries_per_s",
			Judge: trend("batch", "1", "8", shape.Rises, 3, without(with("2", "", "0"), "batch")),
		},
		{
			Text:   "Two replicas: from batches of 8 to 32 less than twice is to be gained",
			Source: prototype, Metric: "entries_per_s",
			Judge: trend("batch", "8", "32", shape.NoMore, 2, without(with("2", "", "0"), "batch")),
		},
		{
			Text:   "Entries of 1,008 bytes (19 slots) come at most at half the rate of entries of one slot",
			Source: "the record: 56 bytes a slot", Metric: "entries_per_s",
			Judge: trend("entry_bytes", "0", "1008", shape.Falls, 2, without(with("2", "8", ""), "entry_bytes")),
		},
		{
			Text:   "But they move more bytes: long entries share their reservation",
			Source: "ASPLOS'17, section 5.1", Metric: "bytes_per_s",
			Judge: trend("entry_bytes", "0", "1008", shape.Rises, 1.5, without(with("2", "8", ""), "entry_bytes")),
		},
		{
			Text:   "The size of the log does not matter, from 1,024 to 262,144 slots within 1.5 times",
			Source: "prototypes of this project: no effect with dedicated cores", Metric: "entries_per_s",
			Judge: trend("log_slots", "1024", "262144", shape.Flat, 1.5, results.Where{"replicas": "2", "batch": "8", "entry_bytes": "0", "home": "0"}),
		},
		{
			Text:   "A second replica costs: two threads at two replicas append fewer than twice the entries of one at one",
			Source: "ASPLOS'17, section 4: every replica replays every entry", Metric: "entries_per_s",
			Judge: trend("replicas", "1", "2", shape.NoMore, 2, without(with("", "8", "0"), "replicas")),
		},
		{
			Text:   "The home of the slots matters between nodes by 2 times at most",
			Source: "ffwd, SOSP'17, section 3; AMD machines: a line whose home is the other socket costs double", Metric: "entries_per_s", Needs: shape.Needs{Nodes: 2},
			Judge: trend("home", "0", "1", shape.Flat, 2, without(with("2", "8", "0"), "home")),
		},
	}
}
