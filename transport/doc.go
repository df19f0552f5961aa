// Package transport is everything that crosses between the nodes of a machine,
// or between the threads of a node: the shared segment and typed views of it,
// shared words and slots, channels, the storage of logs, and waiting; and how one
// thread counts for others to read.
//
// # The rule
//
// Every access to memory that two threads share goes through Word (one 64-bit
// word) or Slot (one cache line whose header vouches for its payload). They
// inline to the plain instruction. While a simulator is installed (Install),
// every access is one step of it instead, so the protocols that ship are the
// protocols that are searched. Nothing in the segment is a pointer: places are
// named by part and offset, and a view is checked for bounds, alignment and
// pointer-freedom once, off the hot path.
//
//	supervisor                         kernel process, node n
//	layout := new(Layout)
//	layout.Add("log.slots", ...)
//	seg, _, err := Create(layout, …)   seg, err := Open(fd)
//	        │  memfd, 2 MiB pages,             │  magic, version, size
//	        │  parts bound and populated       │  checked, same views
//	        └──────── fd inherited ────────────┘
//
// # Channels
//
// A Channel is one end of a pair of single-producer single-consumer rings of
// slots, as Barrelfish's UMP (SOSP'09, section 4.6): the receiver never writes
// the ring; flow control is a sequence number in each header and an
// acknowledgement that rides on the messages of the other direction.
//
// # Memory order
//
// x86-TSO is assumed and stated at each use: stores are seen in order, loads
// are done in order, a store may be delayed past a later load. Word.Store is a
// release store. Word.Swap and Word.CompareAndSwap drain the store buffer.
//
// Concurrency: words and slots may be used by any thread; an end of a channel
// belongs to one thread at a time.
package transport

import _ "github.com/nrkern/nrkern/internal/platform" // a clear build error elsewhere
