package hashmap

import (
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

const (
	asplos    = "Calciu et al., ASPLOS'17, figures 5-7"
	library   = "node-replication library, hashmap benchmark (4 nodes, 192 threads, 67 M entries)"
	cost      = "McSherry et al., HotOS'15"
	prototype = "prototypes of this project, before this code: two vCPUs with one last-level cache"
)

// at is a point of the figure.
func at(writes, distribution, window, nodes, threads string) results.Where {
	return results.Where{"writes_percent": writes, "distribution": distribution, "window": window, "nodes": nodes, "threads": threads}
}

// two is a point of two nodes with a thread each: every machine has it.
func two(writes, window string) results.Where { return at(writes, "uniform", window, "2", "2") }

// one is the point of one thread without nodes.
func one(writes string) results.Where { return at(writes, "uniform", "1", "1", "1") }

func shapes() []shape.Shape {
	without := func(w results.Where, factor string) results.Where { delete(w, factor); return w }
	return []shape.Shape{
		{
			Text:   "Reads only: NR is ahead of one copy behind a lock that admits one thread at a time",
			Source: asplos, Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"biglock/mutex", "biglock/mcs"}, At: two("0", "1")},
		},
		{
			Text:   "Reads only: NR on two nodes does more than a map on one thread without synchronisation",
			Source: prototype + ": 82 against 52 Mops/s", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"map, 1 thread"}, At: two("0", "1"), AtB: one("0")},
		},
		{
			Text:   "NR falls to half or less from 0 to 100 % writes",
			Source: library + ": 640 to 2.8 Mops/s", Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "nr", Along: "writes_percent", From: "0", To: "100", Go: shape.Falls, By: 2, At: without(two("0", "1"), "writes_percent")},
		},
		{
			Text:   "Partitioned messages are bound by the owner, not by the mix: from 0 to 100 % writes they change by less than 1.5 times",
			Source: "Baumann et al., The Multikernel, SOSP'09, section 3; " + prototype, Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "multikernel", Along: "writes_percent", From: "0", To: "100", Go: shape.Flat, By: 1.5, At: without(two("0", "1"), "writes_percent")},
		},
		{
			Text:   "With 16 operations outstanding NR leads messages on reads and messages lead NR on writes: the lines cross",
			Source: prototype + ": they cross at about 80 % writes", Metric: "ops_per_s",
			Judge: shape.Cross{A: []string{"nr"}, B: []string{"multikernel"}, Along: "writes_percent", From: "0", To: "100", At: without(two("0", "16"), "writes_percent")},
		},
		{
			Text:   "Writes only: one thread without synchronisation is ahead of two under any structure",
			Source: cost + "; " + prototype + ": 32 against 15.7 Mops/s", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"map, 1 thread"}, B: append([]string{"nr", "multikernel"}, machines.Locks()...), At: one("100"), AtB: two("100", "1")},
		},
		{
			Text:   "10 % writes: NR is ahead of a map behind a sync.RWMutex",
			Source: library + ": NR 26, locks behind it; " + prototype + ": 49 against 19 Mops/s", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"map, sync.RWMutex"}, At: two("10", "1")},
		},
		{
			Text:   "Writes only: a concurrent map is ahead of NR on one last-level cache",
			Source: "node-replication library on 2 CPUs of one cache: DashMap 20 against 5.1 Mops/s", Metric: "ops_per_s", Placement: measure.SameL3,
			Judge: shape.Ahead{A: []string{"map, 64 locks", "xsync.Map"}, B: []string{"nr"}, At: two("100", "1")},
		},
		{
			Text:   "10 % writes on two sockets or more: NR is ahead of the best big lock",
			Source: asplos + ": up to 30 times", Metric: "ops_per_s", Needs: shape.Needs{Nodes: 2},
			Judge: shape.Ahead{A: []string{"nr"}, B: machines.Locks(), At: two("10", "1")},
		},
		{
			Text:   "10 % writes on four sockets: NR is ahead of the concurrent maps, three times or more",
			Source: library + ": NR 26, urcu 4, chashmap 2.6 Mops/s", Metric: "ops_per_s", Needs: shape.Needs{Nodes: 4},
			Judge: shape.Ahead{A: []string{"nr"}, B: []string{"xsync.Map", "sync.Map"}, By: 3, At: results.Where{"writes_percent": "10", "distribution": "uniform", "window": "1", "nodes": "4"}},
		},
	}
}
