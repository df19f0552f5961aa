// Package kernelview counts what Linux does for a machine's processes: page
// faults, TLB flushes, interrupts between CPUs, switches, migrations, futex
// waits.
//
//	view := kernelview.Attach(map[int]int{pid: target}, tracer.Doing())
//	for _, e := range view.Read() { … }  // each with its counts, or the reason why not
//	view.Close()
//
// The events come from Linux's tracepoints. Which of them a kernel has, and how
// it lets one attach, differs: each is loaded and attached by itself, from the
// ways that there are in order, and one that fails does not keep the others from
// working.
//
// Concurrency: a View is for one goroutine.
package kernelview
