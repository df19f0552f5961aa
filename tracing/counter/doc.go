// Package counter counts what the processor and Linux do for threads: cache
// misses and where they were served from, cycles, page faults, switches.
//
//	events, err := counter.Choose(counter.ThisCPU(), names)
//	set := counter.Open(pids, events)
//	before := set.Read()
//	…
//	for _, v := range set.Read() { v.Since(before)… }
//
// A Set follows all threads of its processes, those that start later too, over
// an interval: nothing is in their way, so it is the main figure. Counters of
// one thread that BPF reads at the ends of an operation are opened with
// OpenThread.
//
// There are more events than counters: Linux takes turns, and Value says which
// share of the time an event was counted (its coverage) and scales.
//
// What cannot be counted is an Unavailable with the reason, never 0. On a
// virtual machine without a PMU that is all that the processor counts; what
// Linux counts (page faults, switches, migrations, CPU time) works everywhere.
//
// Socket links are counted by units outside the cores, per socket and not per
// thread: see Links.
package counter
