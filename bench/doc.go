// Package bench measures how near the structures are to what the hardware
// gives, beside C programs that do the same with the same cache lines, and
// beside the bare data structure and the locks, in one run.
//
//	session                          for each row, until enough samples are clean
//	  crew: locked threads, pinned     probe A probe, probe B probe, probe C probe
//	  reference: a C process           probe A probe, probe B probe, probe C probe
//	  rows: one function each          …
//	                                 medians, ratios, verdicts
//
// # Why so
//
// The host of a virtual machine moves its CPUs between sibling hardware
// threads, one cache, and far caches, within seconds, which changes the price
// of a cache line up to tenfold. So the variants that a row compares are
// interleaved (A B C A B C), a sample counts only if the placement probes before
// and after it agree, and only samples of one placement are compared. A figure
// is a median with an interval of order statistics, a ratio that of two medians
// with an interval of the bootstrap: no distribution is assumed. Samples during
// which Linux took a CPU from a measuring thread are set aside, and used only
// where there are too few without.
//
// A sample takes milliseconds, with a pause after it: the threads spin, and
// hold up everything else on their CPUs. The Go threads are two locked threads
// of this process, with one more for the Go scheduler, and the collector is off
// while they run.
//
// # The reference
//
// The C sources in the folder reference are carried in the binary and built
// with the C compiler that is found at run time. Without one their rows are
// not measured, and say why.
//
// Concurrency: a Session is for one goroutine. It sets GOMAXPROCS and the
// collector for the whole process, so there is one at a time.
package bench

import _ "github.com/nrkern/nrkern/internal/platform" // a clear build error elsewhere
