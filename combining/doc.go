// Package combining is the in-node part that the structures share: how the
// threads of one node hand operations to whichever of them works for all
// (flat combining, Hendler et al., SPAA'10; NR, ASPLOS'17, section 5.2), and
// the distributed reader lock of a replica.
//
//	thread 0  ops ──posted──▶┐                  ┌──done──▶ results  thread 0
//	thread 1  ops ──posted──▶├─ the combiner ───┼──done──▶ results  thread 1
//	thread 2  ops ──posted──▶┘ (holds the lock) └──done──▶ results  thread 2
//
// A Station is a node's meeting place: the combiner lock and its threads. A
// thread posts places of its window in a ring that only it writes, and takes
// finished places from a ring that only the combiner writes. Nobody is woken
// by a system call: a thread whose operations are posted either gets the lock
// and combines, or polls until another combiner has done its work or has gone.
//
// What combining means is up to the structure: NR appends a batch to the log,
// the multikernel sends messages, and the big lock executes.
//
// Concurrency: the methods of Station and ReaderLock may be called by any
// thread, except those that say they need the lock. A Thread's Post, Publish
// and Collect belong to its thread, Take, Finish and Deliver to the combiner.
package combining
