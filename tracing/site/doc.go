// Package site is the places in the runtime where a tracer can look in: calls,
// batches, appends, replays, messages, waits.
//
// A site is a function of this package that a joint of the runtime calls:
//
//	site.CombineBegin(node, ops, slots)
//	…
//	site.CombineEnd(node, ops)
//
// With nothing attached it costs a load and a branch. When a tracer attaches a
// uprobe to the site, Linux increments the site's counter in this process (a
// reference counter as those of USDT: it goes back by itself when the tracer
// ends, however it ends), the branch is taken, and an assembly stub puts up to
// four words into fixed registers and passes the NOP that the probe replaces:
//
//	AX  who: what pairs a begin with its end, where several are open at once
//	BX  a number that grows, by which one in N is chosen
//	CX  the size of the thing: operations, slots, messages, or an argument
//	DI  one more
//	R14 the goroutine (by Go's calling convention)
//
// The NOP has five bytes, which Linux emulates instead of stepping over it. It
// is in a stub that does not split its stack, so that it is passed exactly once
// a hit. Never attach a return probe to Go code: it kills the process.
//
// A tracer attaches by offsets in the program's file, which a process finds of
// itself (Places): programs of go test and go run have no symbol table.
//
// # Sampling
//
// Every says one in how many calls and messages pass their NOP, a power of two.
// Calls are chosen when they begin, and end as they began; messages are chosen
// by their number, so that the receiver chooses the same as the sender.
//
// Concurrency: all functions may be called by any goroutine; a Calls belongs to
// its thread. Nothing here touches memory that protocols share, so simulated
// runs do not see it.
package site
