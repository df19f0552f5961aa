// Package workload is what one thread does to a Port: the same operations, in
// the same way, whatever structure is behind it. All that a comparison of
// structures must hold equal is here: the keys, the mix, the window, the
// clock, and the arithmetic of the results.
//
//	supervisor or test                       each worker thread
//	ctl.Conduct(ctx, spec, n)                Prefill(port, spec, worker, n)
//	  waits for n workers    ◀───────────────  Run(port, spec, worker, ctl)
//	  opens the gate         ───────────────▶  warm-up: works, counts nothing
//	  after spec.Warmup      ───────────────▶  measures
//	  after spec.Duration    ───────────────▶  stops, drains, returns an Outcome
//	Outcome.Merge, Outcome.Summary
//
// Control is a few shared words without pointers: it can lie in a segment and
// be conducted from another process.
//
// # The load
//
// A worker keeps Spec.Window operations outstanding (a closed loop: it starts
// a new one when one has completed, so a slow machine is asked less). One draw
// of the generator decides read or write, the key, and the value. Keys are the
// numbers below Spec.Keys. With the Zipf distribution the key of popularity
// rank r is r times a fixed number modulo Keys: a permutation that sends
// neighbouring ranks far apart, so that the hot keys spread over the range of
// keys as well as, by the service's hash, over its shards.
//
// Every word written has the key in its lower half, and so has the first word
// of every byte value that is long enough: when all keys were prefilled, a
// read that answers with another key's value is a failure.
//
// # Latency
//
// From Start to the Next that returns the operation, so with a window it
// includes the time for which the thread was busy with the rest of the window.
// One operation in 16, at random distances (a fixed distance would fall into
// step with the window), is timed into an HDR histogram of three digits (Tene,
// HdrHistogram). The maximum covers the others too: for every operation an
// earlier and a later time stamp are known, and the longest such span counts.
// It is an upper bound, too high by the time of some 16 operations at most.
// The operations that are outstanding at the end are drained, not counted.
//
// Time stamps are the processor's time stamp counter where it is invariant (12
// ns), and time.Now where not (59 ns). What a worker costs besides its port was
// 8 ns an operation without the latencies and 10 with them, 21 with Zipf keys
// (3.2 GHz, the best of many short runs). BenchmarkLoop measures it.
//
// Concurrency: Run and Prefill belong to the port's thread. A Control may be
// used by all. The steady state of Run allocates nothing.
package workload
