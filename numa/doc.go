// Package numa knows the machine: which nodes, cores and memory there are,
// and how to put a thread or a range of memory on one of them.
//
// A Topology is what the runtime sees: nodes numbered from 0 without holes,
// each with the CPUs to pin threads to and the Linux node its memory comes
// from. It is read from sysfs, minus what the caller may not use, and every
// correction of what sysfs said is a Note in words. A virtual topology
// (--topology 4x2) lays more, fewer or other nodes over the same CPUs; when
// there are too few, CPUs are shared and the topology says so.
//
//	sysfs ──▶ Read ──▶ Topology ──▶ Overlay(Spec) ──▶ Topology
//	            ▲                                        │
//	  affinity, cpuset                   Nodes[i].Cores ─┴─ Nodes[i].Memory
//	                                          │                  │
//	                                         Pin        SetPolicy, BindRange
//	                                          │                  │
//	                                     CurrentCPU   Populate, PagesByNode
//
// Placement is asked for, then verified by the kernel's own word:
//
//	t, err := numa.Discover()
//	n := t.Nodes[1]
//	err = numa.Pin(n.Cores...)                     // this thread
//	err = numa.BindRange(mem, numa.BindTo(n.Memory)) // this memory
//	err = numa.Populate(mem)                       // now, not at a later fault
//	where, err := numa.PagesByNode(mem, 2<<20)
//	err = where.Check(n.Memory)
//
// Node numbers: Node.ID and the index of Topology.Nodes are the runtime's;
// Node.Physical, Node.Memory, CPU.Node, Pool.Node and the nodes of a Policy or
// a Placement are Linux's. They differ as soon as Linux's have holes or the
// topology is virtual.
//
// Concurrency: a Topology is not changed after it is made and may be read by
// any goroutine. Pin, Affinity, CurrentCPU, SetPolicy and GetPolicy speak of
// the calling thread: the caller has locked the OS thread, and lets it die
// with the goroutine rather than unlock it. The calls on memory ranges
// act on the process and may come from any thread; two on the same range at
// once are the caller's to order.
package numa

import _ "github.com/nrkern/nrkern/internal/platform"
