package workload

// rdtsc reads the processor's time stamp counter.
//
//go:noescape
func rdtsc() uint64
