// Package caps is the service of capabilities: typed references to regions of
// memory, of which kernel objects are made, as Barrelfish has them (Baumann et al.,
// SOSP'09, section 4.7; "Capability Management in Barrelfish", TN-013).
//
//	s := caps.New()
//	op := caps.Create(0, 1, caps.RAM, 0x10000, 0x4000)     // in space 0, at slot 1
//	s.Apply(&op, &res)
//	op = caps.Retype(0, 1, caps.Frame, 0, 0x1000, 2, 10)   // frames at slots 10, 11
//	op = caps.Copy(0, 10, 1, 5)                            // to space 1, slot 5
//	op = caps.Revoke(0, 1)                                 // all that came of it goes
//
// Every node has a space: slots, numbered from 1, that hold capabilities. The
// capabilities of one object, in whatever space, are its copies; exactly one space
// with a copy owns the object. What is made of a part of an object is a descendant
// of it and covers none of another descendant's memory, so the objects that share
// memory are a tree.
//
//	PhysAddr ──▶ RAM ──▶ RAM (smaller), Frame, VNode, CNode, Dispatcher
//	        └──▶ DevFrame ──▶ DevFrame (smaller)     Frame ──▶ Frame (smaller)
//
// # Operations
//
//	operation                 StatusOK                   otherwise
//	create s slot type base   memory nobody has          mismatch: somebody has some of
//	  bytes                                              it; exists: the slot is taken;
//	                                                     wrong type
//	retype s slot type offset count objects, one after   not found; wrong type; invalid:
//	  bytes count to          the other, at slots to..   beyond its end; mismatch: some of
//	                                                     it is a descendant's; exists
//	copy s slot to-s to       a copy                     not found; exists
//	delete s slot             the slot is empty          not found
//	revoke s slot             Value: how many went       not found
//	transfer s slot to-s      that space owns it         not found; mismatch: it has no copy
//	identify s slot           Value: type and owner,     not found
//	                          Data: base, bytes
//	list s from               Data: capabilities, Value:
//	                          how many
//
// Delete takes one capability. With the last of the owner's space the lowest space
// that has a copy becomes the owner; with the last of all the object is gone, not
// what was made of it. Revoke takes all copies but the one that is named, whose
// space owns the object then, and all descendants with theirs: how many slots that
// emptied is the Value.
//
// Sizes and bases are multiples of 4096 bytes, and an object lies below 2^48.
//
// # Structures
//
// Under NR and a lock this is one sequential state, of one shard. In the
// multikernel every kernel has its own space and nothing else, and the kernels keep
// the tree by messages: package multikernel/capability. There the space of an
// operation must be one of a node.
//
// # Concurrency
//
// As kernel.Service says: one Apply at a time with nothing beside it; Query,
// Digest and Snapshot change nothing and may run beside each other.
package caps
