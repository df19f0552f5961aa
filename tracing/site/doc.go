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
// Every says one in how many pass their NOP, a power of two. What has a begin and
// an end (calls, batches, replays, waits for a gate or a lock) is chosen when it
// begins, and ends as it began, by the count of its Calls or its Joint; messages are
// chosen by their number, so that the receiver chooses the same as the sender. What
// is rare, or goes to Linux anyway, always passes: a full log, a hole, parking and
// waking, and the spans of services. The catalogue says which are which.
//
// Concurrency: all functions may be called by any goroutine; a Calls belongs to
// its thread. Nothing here touches memory that protocols share, so simulated
// runs do not see it.
package site
