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
	on := func(distribution, window, nodes, threads string) results.Where {
		return results.Where{"distribution": distribution, "window": window, "nodes": nodes, "threads": threads}
	}
	single := results.Where{"distribution": "uniform", "window": "1", "nodes": "1", "threads": "1"}
	return []results.Figure{
		{Name: "window-1", Title: "Two nodes of a thread, one operation outstanding, uniform keys", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", LogY: true, At: on("uniform", "1", "2", "2"), Also: single},
		{Name: "window-16", Title: "Two nodes of a thread, 16 operations outstanding, uniform keys", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", At: on("uniform", "16", "2", "2")},
		{Name: "zipf", Title: "Two nodes of a thread, one operation outstanding, Zipf keys (0.99)", Kind: results.Lines, X: "writes_percent", Y: "ops_per_s", LogY: true, At: on("zipf", "1", "2", "2"), Also: results.Where{"distribution": "zipf", "window": "1", "nodes": "1", "threads": "1"}},
		{Name: "nodes", Title: "10 % writes, one operation outstanding: the nodes that the threads are on", Kind: results.Lines, X: "nodes", Y: "ops_per_s", LogX: true, LogY: true, At: results.Where{"writes_percent": "10", "distribution": "uniform", "window": "1"}},
		{Name: "traffic", Title: "Cache lines handed over between two nodes, an operation", Kind: results.Heat, X: "writes_percent", Y: "variant", Value: "handovers_per_op", At: on("uniform", "1", "2", "2")},
	}
}
