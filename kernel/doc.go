// Package kernel holds what every structure runs and none of them owns: the
// operation record, the interface of a service, and the table of services.
//
// A service is sequential and deterministic. Its state after a series of
// operations is a function of that series alone: no clock, no randomness, no
// map-iteration order, and no failure (allocation included) that another
// replica would not have at the same operation. That is what lets NR replay
// it from a log on every node (NrOS, OSDI'21, section 3) and lets the
// multikernel hand it to one owner (Barrelfish, SOSP'09, section 4), with the
// same code in both.
//
//	   client thread              structure                    service
//	Port.Start(op) ──▶ nr: log, multikernel: message, ──▶ Apply(op, result)
//	Port.Next()    ◀──      big lock: a lock          ◀── Query(op, result)
//
// A thread reaches services through a Port: a window of operations, each with
// its result, that the thread fills, starts and collects. All structures
// implement Port, and the typed clients of the services (package kernel/kv)
// are written against it.
//
// Concurrency: nothing in this package synchronises. A Service is called by
// one thread at a time for Apply, and by several at once for Query when no
// Apply runs; a Port belongs to one thread.
package kernel
