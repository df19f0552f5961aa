package hashmap

import (
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	return &experiment.Definition{
		Name:   "hashmap",
		Title:  "A hash map under reads and writes",
		Claim:  "Replicated by NR, a sequential hash map reads as fast as its nodes are many and pays for writes; one behind a lock is bound by the lock, one partitioned among owners by its messages.",
		Source: "Calciu et al., Black-box Concurrent Data Structures for NUMA Architectures, ASPLOS'17, figures 5-7; Bhardwaj et al., NrOS, OSDI'21, section 4; the hashmap benchmark of the node-replication library",
		Method: `Machines of kernels run the key-value service with 50,000 keys under each structure, the big lock with each of its locks. Each thread keeps a window of operations outstanding; every figure has one window. Beside them, in the same run and turn about, Go maps in one process under the same draws: one thread without any synchronisation (what a structure must beat to be worth its threads: McSherry et al., Scalability! But at what COST?, HotOS'15), locks, concurrent maps, and a map for each thread that has keys of its own. These are called one operation at a time, so they are set beside window 1 only. They pay for no port, no operation record and no other process. The collector of the Go runtime runs beside all.`,
		Factors: []results.Column{
			{Name: "writes_percent", Label: "writes, %"},
			{Name: "distribution", Label: "keys"},
			{Name: "window", Label: "operations outstanding a thread"},
			{Name: "nodes", Label: "nodes"},
			{Name: "threads", Label: "threads"},
		},
		Metrics: experiment.Metrics(),
		Figures: figures(),
		Shapes:  shapes(),
		Blocks:  blocks,
	}
}

func figures() []results.Figure {
	return []results.Figure{
		{Name: "window-1", Title: "One operation outstanding a thread, uniform keys", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: results.Where{"distribution": "uniform", "window": "1"}},
		{Name: "window-16", Title: "16 operations outstanding a thread, uniform keys", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: results.Where{"distribution": "uniform", "window": "16"}},
		{Name: "zipf", Title: "One operation outstanding a thread, Zipf keys (0.99)", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: results.Where{"distribution": "zipf", "window": "1"}},
		{Name: "traffic", Title: "Cache lines handed over between nodes, an operation", Kind: results.Heat, X: "writes_percent", Y: "variant", Value: "handovers_per_op", At: results.Where{"distribution": "uniform", "window": "1"}},
	}
}
