// Package stacks finds where a machine's threads spend their time: user stacks,
// taken at the ticks of a clock on every CPU.
//
//	sampler, err := stacks.Start(pids, 999)
//	…
//	found, err := sampler.Read()  // stacks with names, the most frequent first
//	sampler.Close()
//
// Go keeps frame pointers, so Linux can walk the stacks, and a table of
// functions that stripping does not remove, so they have names.
//
// Concurrency: a Sampler is for one goroutine.
package stacks
