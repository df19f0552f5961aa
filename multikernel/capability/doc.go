// Package capability is how the kernels of a multikernel keep capabilities (package
// kernel/caps) without sharing them: the part of each kernel's monitor that has its
// space, and what the monitors say to each other ("Capability Management in
// Barrelfish", TN-013; SOSP'09, section 4.7).
//
// Every object has one owner, the kernel that puts operations on it in order; it
// knows who has copies. What is made of an object is owned where it was made.
//
//	copy      at the owner: insert ──▶ there ──▶ inserted
//	retype    at the owner: query ──▶ all: any descendant there? ──▶ answers; then the
//	          caller makes the objects                              2(N-1) messages
//	revoke    at the owner: mark ──▶ all ──▶ ready; commit ──▶ all ──▶ done
//	                                                                4(N-1)
//	transfer  at the owner: will you? ──▶ there ──▶ yes; update ──▶ who has copies
//	          ──▶ updated; grant ──▶ there
//	delete    of the owner's last: as transfer, to the lowest that has a copy
//
// A caller that is not the owner asks it and is answered: two messages more. An object
// that never left its kernel, nor anything made of it, costs no message at all: as in
// Barrelfish, a bit says so.
//
// # What acknowledgements alone get wrong
//
// A copy in flight is nowhere. In TN-013's first race B sends one to C while A
// revokes: C answers A, then takes the copy; B has C's acknowledgement, then answers
// A; the copy survives. Here a mark stays at C until the commit: what comes in
// between is under it. And B answers only when nothing that it sent is in flight.
//
// The same with a retype's query: C says that it has no descendant, then gets one,
// whose sender deletes its own before it is asked. Here C keeps what it was asked
// (hold): before it takes a copy that the query was about it asks whether the retype
// is over. It need not for what that retype made, which is the usual case.
//
// In the second race two retype one object, half of the others hear of each first,
// and refuse the other: none succeeds. Here both ask the owner.
//
// # Linearizable
//
// A marked capability, and one whose ownership is on its way, makes whoever wants it
// wait, readers too; no kernel commits before all have marked. So a revoke is at one
// instant, the first commit. The kernel that keeps the capability commits last.
//
// Nobody waits in a circle: a query is answered at once; a copy waits for queries; a
// transfer for nothing; a revoke for all three, and for revokes of descendants. What
// waits for an owner that is under a mark is refused and asked again after the commit.
//
// # Limits
//
// A kernel that dies while it takes part leaves the others waiting. Queries and marks
// go to all kernels, by unicast, as only the owner knows who has copies and nobody who
// has descendants. A query looks at all objects of its kernel.
//
// Concurrency: a Monitor belongs to whoever holds its kernel's monitor lock.
package capability
