// Package multikernel runs services as Barrelfish would (Baumann et al.,
// SOSP'09): every node is a kernel of its own, no kernel state is shared, and
// nodes exchange messages only.
//
//	node 0                                    node 1
//	  thread ─post─▶ monitor ──request──▶ monitor: Apply on its own state
//	  thread ◀─done─ monitor ◀──answer─── monitor
//
// # Placement
//
// Each service is partitioned or replicated. Of a partitioned one each shard has
// one owner, which executes all operations on it. An operation on a shard of the
// caller's own node is executed at once, any other travels to its owner and back.
// Every thread has a window of operations outstanding, each of which completes
// when its answer comes.
//
// Of a replicated one every node has a copy. A shard's coordinator gives writes
// their order (stream.go), all copies agree to one before any shows it (agree.go,
// through a Tree), and reads are local: a gate keeps those of a shard waiting
// while an operation that was prepared is not applied (gate.go).
//
// An operation over the shards of several owners is a two-phase commit
// (transaction.go is the caller's side, task.go the owners'): the shards of all
// parts are locked before any part executes, so it happens at one instant. The
// service must be a kernel.Spanning; the operations of others are answered
// kernel.StatusUnsupported. Copies have all shards: the coordinators are locked
// in the same way, then all copies agree to the whole operation.
//
// # The monitor
//
// The monitor is a split-phase event loop, one turn at a time: send what the
// node's threads posted, execute what other nodes request, hand out the answers
// that came. It never blocks on an answer, nor on a full ring: what cannot be
// sent waits in a queue, and receiving goes on, or two nodes with full rings
// would wait for each other for ever. Any thread of the node that waits takes
// turns; when none does, the node's attending thread is woken by its Bell.
//
// Concurrency: Node is for all threads of a node; each works through a Port of
// its own. The state of the services and the channels are the monitor's.
package multikernel
