// Package nrkernel is node replication (NR): a sequential structure becomes a
// linearizable, NUMA-aware concurrent one by keeping a replica of it on every
// node and ordering all updates in one shared log (Calciu et al., ASPLOS'17;
// NrOS, Bhardwaj et al., OSDI'21).
//
//	a write                                        a read
//	  thread posts its operation                     sample ctail
//	  the combiner of its replica                    replica behind it? catch up
//	    reserves slots          CAS tail             reader lock, Query, unlock
//	    fills and publishes     header = index+1
//	    replays to its tail     Apply, in order
//	    advances ctail          before unlocking
//	    hands out the results
//
// # The words of a log
//
//	tail    next index to reserve; all replicas, CAS
//	ctail   every entry below it was applied by some replica; all replicas, CAS.
//	        It covers an entry before any reader, here or elsewhere, can see the
//	        entry's effect: else a second reader elsewhere may read older state
//	        than a first one here.
//	ltail   per replica: it has applied every entry below, and will not read
//	        their slots again. A slot is written anew only when all have passed.
//	filling per replica: 1 + a lower bound of what it has reserved and not yet
//	        published; 0 when nothing. For a recovery.
//
// The invariant is ltail <= ctail <= tail for every ltail.
//
// # Several logs
//
// One log orders all updates, also those that would commute. With several, each
// has a part of the services' shards, and a node has a Replica of each: a Node.
// Operations over several logs stand in all of them or in none (concurrent node
// replication, CNR, in NrOS; here every structure stays sequential). See across.go.
//
// # Using it
//
// A Group replicates a structure inside one process; see its example. The
// kernels of a machine each open one Replica of a log in their shared segment:
// the same code.
//
// Concurrency: Replica is for all threads of a node; each thread works through
// a Port of its own. The service is sequential: it is applied under the
// combiner lock and the writer side of the reader lock, and queried under the
// reader side.
package nrkernel
