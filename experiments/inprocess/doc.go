// Package inprocess is what experiments measure in their own process: bare data
// structures and the locks and maps that Go programmers use (the baselines), and
// the structures of this project over the same service, without processes.
//
//	b := inprocess.Baselines()[0].New(spec, threads)   a map with no synchronisation
//	v, err := b.Sample(cpus, span)                     locked threads, pinned
//	g, err := inprocess.NR(shape)                      replicas and their ports
//	v, err := g.Sample(ctx, cpus, spec, span)          the workload of machines
//
// A baseline is used directly, without port or operation record: it is what a
// program would do that has no structure to choose. Its operations come in
// batches of 64 draws, so that one dynamic call is shared by 64 operations.
//
// Concurrency: samples of one process are taken one at a time.
package inprocess
