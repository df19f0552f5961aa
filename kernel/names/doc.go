// Package names is the name service: names with a value and attributes, and what
// programs meet at by name: locks, barriers, and topics to publish on. It is
// modelled on octopus, Barrelfish's (Zuepke, Baumann, Roscoe et al.; "Octopus:
// Barrelfish TN-015"), of which it has the core.
//
//	s := names.New(names.Options{})
//	op := names.Set("serial.0", []byte("node 1"), names.Attributes{"speed": "115200"})
//	s.Apply(&op, &res)              // StatusOK, Value: the version
//	op = names.Get("serial.0")
//	s.Query(&op, &res)              // StatusOK, Data: see DecodeRecord
//
// Clients on a machine use the typed Client, which also waits.
//
// # Operations
//
//	operation                StatusOK                      otherwise
//	set n value attributes   Value: the new version        exists, mismatch (as its mode
//	                                                       asks); full
//	delete n [version]       it was there                  not found; mismatch
//	get n                    Value: version, Data: record  not found
//	wait n version           the same, of a later version  not yet
//	list pattern after ...   Data: names, Value: how many
//	count                    Value: how many names have
//	                         anything
//	lock n session           Value: the fencing token      not yet, Value: how many are
//	                                                       before it; exists, Value: the
//	                                                       holder (of a try); full
//	locked n session         the same                      not yet; not found
//	holder n                 Value: the session, Data:     not found
//	                         token, how many wait
//	unlock n session         it was held, or waited        not found; mismatch, Value:
//	                                                       the holder
//	enter n session N        Value: the ticket, the last   not yet, Value: the ticket,
//	                         of N came                     Data: how many are inside;
//	                                                       mismatch, Value: N of the others
//	entered n session ticket all came                      not yet; not found
//	leave n session          it was inside                 not found
//	subscribe n session size it has a mailbox              exists; full
//	unsubscribe n session    it had one                    not found
//	publish n message        Value: how many mailboxes     full
//	                         have it
//	peek n session after     Value: the number of the      not yet; not found
//	                         first message after, Data:
//	                         lost, message
//	receive n session after  the same, and what is up to   not yet; not found
//	                         after is forgotten
//	expire from to           Value: how many things were
//	                         let go
//
// Set has a mode: whatever is there, only if nothing is, only if the version is
// this, or only if no later fencing token has set it (the fence of a lock whose
// holder was thought dead and was not).
//
// # Waiting
//
// No operation waits (see kernel.Service): wait, lock, enter and receive answer
// "not yet", and are asked again by queries, wait, locked, entered and peek. Lock
// and enter have then put the session into a queue, in which it keeps its place.
// All of them can be repeated: who has the lock and locks again gets the same
// token.
//
// # Sessions
//
// A session is a number that is not 0: who locks, enters, subscribes, and for
// whose life a name may be set. There is no clock here: a session ends when
// somebody who knows says so (expire), which lets go of all that it had. The
// supervisor does for those that were opened through it.
//
// # Numbers
//
// Versions, tokens, tickets and messages are numbered by one counter of the name's
// shard, so they grow for each name, also when it was deleted in between, and are
// the same under every structure.
//
// # Limits
//
// A name has 1 to 63 printable bytes without space, star and question mark. A
// value has at most 512 bytes, a message too; a record at most 8 attributes, a key
// at most 24 bytes, its value at most 48. A lock has at most 64 that wait, a
// barrier 256, a topic 64 mailboxes of at most 64 messages: a message that finds a
// mailbox full is lost there, which its receiver is told. Options bounds names and
// bytes; where owners hold a part of the shards each, each has the limits for its
// part. A page of list has 15 names. Patterns of topics, and triggers on records
// that somebody else changes, are octopus's and not here: wait for a version.
//
// # Concurrency
//
// As kernel.Service says: one Apply at a time with nothing beside it; Query,
// Shard, Digest and Snapshot change nothing and may run beside each other.
package names
