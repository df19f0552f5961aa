// Package biglock is the monolithic baseline: one process, one copy of the
// services, one lock, and the threads of all nodes calling it.
//
//	node 0 thread ─┐             ┌──────────┐
//	node 1 thread ─┼─▶ one lock ─▶ services │
//	node 2 thread ─┘             └──────────┘
//
// It gets the same ports, windows and records as the other structures, and a
// fair choice of locks, so that a comparison is with the best of them and not
// with a straw man: a mutex, a distributed reader-writer lock (the one that
// NR's replicas use), and an MCS queue lock (Mellor-Crummey and Scott, TOCS
// 1991), which hands the lock over in order, each waiter spinning on a line of
// its own. A thread executes all it has outstanding under one acquisition, as
// NR appends it in one batch.
//
// Concurrency: Machine is for all threads; each works through a Port of its
// own.
package biglock
