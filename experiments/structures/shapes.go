package structures

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

func shapes() []shape.Shape {
	const (
		asplos  = "ASPLOS'17, section 6.1"
		library = "node-replication library on 2 CPUs of one cache: NR 34.8 Mops/s at 0 % writes, RwLock 13.7, DashMap 10.7; at 100 % NR 5.1, RwLock 8.2, DashMap 20"
	)
	locks := []string{"biglock/mutex", "biglock/mcs"}
	at := func(writes, keys, threads string) results.Where {
		return results.Where{"writes_percent": writes, "keys": keys, "threads": threads, "cpus": pair}
	}
	return []shape.Shape{
		{
			Text:   "Reads of 50,000 keys on two CPUs: NR is ahead of a lock that admits one thread at a time",
			Source: library, Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: locks, At: at("0", "50000", "2")},
		},
		{
			Text:   "Reads of one hot key on two CPUs: NR is at least twice as fast as such a lock, for readers write nothing that is shared",
			Source: asplos + ": the more contended, the further locks fall behind", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"nr"}, B: locks, By: 2, At: at("0", "1", "2")},
		},
		{
			Text:   "Writes of one hot key on two CPUs: no structure makes more than one thread without synchronisation",
			Source: "SOSP'13 (Everything ...), section 8: contended data does not scale; McSherry et al., HotOS'15", Metric: "ops_per_s",
			Judge: shape.Ahead{
				A: []string{"map, 1 thread"}, B: []string{"nr", "multikernel", "biglock/mutex", "biglock/mcs", "biglock/rwlock", "map, sync.Mutex", "map, 64 locks", "sync.Map", "xsync.Map"},
				At: at("100", "1", "1"), AtB: at("100", "1", "2"),
			},
		},
		{
			Text:   "Writes of 50,000 keys on two CPUs: fine locks or a lock-free map are ahead of NR and of the big locks",
			Source: library, Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"map, 64 locks", "xsync.Map"}, B: append([]string{"nr", "biglock/rwlock"}, locks...), At: at("100", "50000", "2")},
		},
		{
			Text:   "A map for each thread is ahead of everything that is shared",
			Source: "SOSP'09, section 3: what is not shared needs no coherence", Metric: "ops_per_s",
			Judge: shape.Ahead{A: []string{"map, partitioned"}, B: []string{"nr", "multikernel", "biglock/rwlock", "map, 64 locks", "sync.Map", "xsync.Map"}, At: at("100", "50000", "2")},
		},
		{
			Text:   "Fine locks gain on writes when keys go from 1 to 50,000: threads no longer meet",
			Source: "SOSP'13 (Everything ...), section 6", Metric: "ops_per_s",
			Judge: shape.Trend{Variant: "map, 64 locks", Along: "keys", From: "1", To: "50000", Go: shape.Rises, At: results.Where{"writes_percent": "100", "threads": "2", "cpus": pair}},
		},
		{
			Text:   "On four nodes, 10 % writes of 1,000 keys: NR is ahead of locks and lock-free maps",
			Source: asplos + ": up to 3.1 times lock-free, 30 times locks", Metric: "ops_per_s", Needs: shape.Needs{Nodes: 4},
			Judge: shape.Ahead{A: []string{"nr"}, B: append([]string{"map, 64 locks", "sync.Map", "xsync.Map", "biglock/rwlock"}, locks...), At: results.Where{"writes_percent": "10", "keys": "1000", "cpus": every}},
		},
	}
}
