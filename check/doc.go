// Package check judges machines from outside, by what their clients see:
// through ports, the same for every structure.
//
//	Record         a client's random operations on few keys, with times
//	Linearizable   is there an order of a history, within those times, that the
//	               sequential service explains? (Herlihy, Wing, TOPLAS 1990)
//	ProbeSpec      does a later read anywhere return an older value? Millions
//	               of reads a second, where Linearizable has thousands in all
//	SameAnswers    do two machines answer one stream of operations alike?
//
// A history is recorded by threads on all nodes, in as many processes as the
// machine has, and judged in one:
//
//	each client thread                        the judge
//	entries, err := spec.Record(port, i, ctl) ──▶ append, as JSON if need be
//	                                              Linearizable(entries, Options{})
//
// Times are CLOCK_MONOTONIC, which compares between the processes of a
// computer. An operation whose answer never came is open: it may have happened
// at any time after its call, or never.
//
// The probe finds what histories rarely do. Every reader raises a shared
// high-water word to what it has read; a reader samples the word, then reads
// the key; a value below the sample was read by somebody before this read
// began, so the read is stale. It reads a counter that only grows, so a single
// comparison judges a read, and 0 stale reads in 10^8 says something.
//
// Concurrency: Record and the probes belong to their port's thread. What
// several threads share is workload.Control and ProbeWords, which hold no
// pointers and may lie in a segment.
package check
