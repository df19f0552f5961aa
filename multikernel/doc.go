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
// Services are partitioned: each shard of a service has one owner (Placement),
// which executes all operations on it. An operation on a shard of the caller's
// own node is executed at once, any other travels to its owner and back. Every
// thread has a window of operations outstanding, each of which completes when
// its answer comes. Replicated placement has its place in placement.go and is
// not built yet.
//
// An operation over the shards of several owners is a two-phase commit
// (transaction.go is the caller's side, task.go the owners'): the shards of all
// parts are locked before any part executes, so it happens at one instant. The
// service must be a kernel.Spanning; the operations of others are answered
// kernel.StatusUnsupported.
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
