// Package measure is how this project takes and compares samples: what the
// benchmark, the demonstration and the experiments share.
//
//	before := RoundTrip(cpus)          where are the two CPUs to each other?
//	r := Crew(cpus, span, job)         locked threads, one pinned to each CPU
//	after := RoundTrip(cpus)
//	at := Around(before, after)        compare only samples of one placement
//	Median(samples), Ratio(a, b)       with intervals that assume no distribution
//
// The host of a virtual machine moves its CPUs between sibling hardware
// threads, one cache, and far caches, within seconds, which changes the price
// of a cache line up to tenfold. So a sample lies between two probes of the
// placement, and counts only if they agree; samples of different placements are
// never compared. A figure is a median with an interval of order statistics, a
// ratio that of two medians with an interval of the bootstrap (Efron 1979).
//
// Concurrency: Quiet changes settings of the whole process, so one run uses it
// at a time. Everything else may be called from anywhere; RoundTrip and Crew
// occupy the CPUs that they are given.
package measure

import _ "github.com/nrkern/nrkern/internal/platform" // a clear build error elsewhere
