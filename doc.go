// Package nrkern is the front page of the module: one machine, two ways to
// build its kernel, the same kernel services under both. It has no code.
//
//   - NR (package nrkernel): every NUMA node keeps a replica of each kernel
//     data structure. Writes go through one shared operation log, batched by
//     flat combining; reads are answered by the local replica.
//   - Multikernel (package multikernel): every node is a kernel of its own.
//     No kernel state is shared; kernels exchange messages, and state is
//     partitioned among owners.
//   - Big lock (package biglock): one copy of the state behind one lock, all
//     nodes' cores calling it.
//
// A structure runs sequential services (package kernel) over what crosses
// between nodes (package transport) on the nodes of the machine (package
// numa):
//
//	client ──▶ kernel.Port ──▶ nrkernel | multikernel | biglock ──▶ kernel.Service
//	                                       │
//	                                   transport  (shared words, slots, channels)
//	                                       │
//	                                     numa     (topology, pinning, memory)
//
// The command that boots a machine of kernel processes is cmd/nrkern; a
// program that wants its own sequential structure replicated imports nrkernel.
//
// nrkern runs on linux/amd64 only: elsewhere a build stops with an error that
// says so (see internal/platform). Which folder may import which is a table in
// internal/rules, held by a test.
package nrkern

import _ "github.com/nrkern/nrkern/internal/platform"
