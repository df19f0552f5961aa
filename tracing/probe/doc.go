// Package probe attaches BPF programs to the probe sites of running processes
// and adds up what they see: hits, sizes, durations of pairs, and counters read
// at the beginning and the end of each.
//
//	tracer, err := probe.Attach(probe.Options{Targets: targets, Places: places})
//	…
//	reading, err := tracer.Read()   // as often as wanted; sums since Attach
//	err = tracer.Close()
//
// Nothing of the traced processes is stopped or restarted, and nothing stays in
// them: Linux takes the probes out when the tracer closes or dies.
//
// A bare hit costs its process 0.6 to 0.8 us, the begin and the end of a pair with
// their bookkeeping 2.4 to 3.8 us together (a two-CPU virtual machine, Linux 6.18).
// Cost says what the programs took, and Empty what a pair takes in all.
//
// Concurrency: a Tracer is for one goroutine, except that Hits may run beside
// Read.
package probe
