// Package machines is the machines of kernels that experiments boot: one of each
// structure, as `nrkern start` boots them, and samples of the key-value
// workload on them.
//
//	all, err := machines.Boot(ctx, lab, "2x1", machines.Structures())
//	defer all.Close()
//	all[0].Cell(factors, spec)   an experiment.Cell
//
// The big lock is booted with each of its locks: a comparison is with the best
// of them at each point.
//
// Concurrency: one workload runs on a machine at a time; machines that idle
// sleep, so that several may be up at once.
package machines
