// Package tracing watches a running machine: its probe sites, and the counters
// of the processor and of Linux.
//
//	s, err := tracing.Start(tracing.Options{Targets: …, Places: …})
//	…
//	report, err := s.Report()   // as often as wanted: what came since Start
//	err = s.Close()
//
// The folders below hold a way of looking each:
//
//	site     the places in the runtime where probes attach
//	probe    BPF programs at those places: hits, durations, values
//	counter  perf events of threads, and of socket links
//	kernelview  Linux's tracepoints, for the machine's processes
//	stacks   where its threads spend their time
//	privilege  which capability each of them needs
//	bpf      the C sources of the BPF programs
//
// What the machine counts itself (hand-overs of cache lines) comes with its
// status; the command puts both together.
//
// docs/tracing.md says what the command makes of it, and what is missing.
//
// Honesty: every report says what was lost and what the probes took. What could
// not be counted has a reason and no number. A traced run is not a timed run.
package tracing
