// Package kv is the key-value service: 64-bit keys, each with a word (64 bits)
// or a byte string (up to kernel.MaxData bytes). All 2^64 keys and all 2^64
// words are usable; none is reserved.
//
//	store := kv.New(kv.Options{})
//	op, res := kv.Put(7, 42), kernel.Result{}
//	store.Apply(&op, &res)          // StatusOK, Value 0: the key is new
//	op = kv.Get(7)
//	store.Query(&op, &res)          // StatusOK, Value 42
//
// Clients on a machine use the typed Client instead:
//
//	c := kv.Client{Port: port}
//	replaced, err := c.Put(7, 42)
//
// # Operations
//
//	operation           StatusOK                       otherwise
//	get k               Value: the word                not found; wrong type: bytes
//	get-bytes k         Data: the bytes, Value: length not found; wrong type: a word
//	get-any k           Value: the Kind, Data: the     not found
//	                    bytes, or the word as 8 bytes
//	put k v             Value: 1 if it replaced a      full
//	                    value of any kind, 0 if new
//	put-bytes k data    the same                       full
//	insert k v          the key was missing            exists; full
//	delete k            the key was there              not found
//	cas k old new       Value: old                     not found; wrong type: bytes;
//	                                                   mismatch, Value: what was found
//	add k n             Value: the new word            wrong type: bytes; full
//	put-many k v, ...   Value: how many replaced a     full
//	                    value of any kind
//	size                Value: the number of keys
//	scan from to limit  Data: the words of the lowest
//	                    keys from..to, Value: how many
//
// put and put-bytes replace whatever the key held; cas and add are for words.
// add counts a missing key as 0 and wraps around at 2^64, so adding 2^64-n
// subtracts n. cas never creates a key: insert does, and so is the cas from
// "missing". insert answers StatusExists with the word found (0 for bytes). An
// operation that is not StatusOK has changed nothing. Code and length are
// judged before anything else: StatusInvalid. Argument words that an operation
// does not use are ignored.
//
// get and get-bytes take one kind because an answer has no spare bit for it: a
// word fills Value, and a byte string may be empty. get-any is for those who do
// not know the kind; its answer is a record of one payload more.
//
// # State
//
// Entries are 16 bytes in an extendible hash table (Fagin, Nievergelt,
// Pippenger, Strong, "Extendible hashing", TODS 1979): a directory indexed by
// the first bits of the key's hash, and segments of at most 1024 slots,
// indexed by the last. A segment is an array of buckets, each one cache line of
// four entries; what does not fit into its bucket goes to the next (linear
// probing).
//
//	hash  [ directory ........ | shard: bits 24-31 | ...... slot ]
//	           │                                            │
//	directory  ▼                                            ▼
//	[0]──▶ segment: [tag|value][tag|value][tag|value][   0   ] [...
//	[1]──▶ segment                │    │
//	[2]─┐                         │    └ the word, or length and block in the arena
//	[3]─┴▶ segment                └ occupied, kind, 62 bits of the hash
//
// The hash is a permutation of the keys, so it stands for the key; its first
// two bits follow from the segment, and their place holds "occupied" and the
// kind. Hence no key is reserved and an empty slot is zero.
//
// Growth splits one segment: at most 896 entries move in one operation
// (10 to 40 us), however large the table is. Only the directory (32 bytes for each segment)
// is copied whole, when it doubles. A delete closes the gap (after Knuth,
// volume 3, section 6.4, algorithm R), so tables do not decay; they do not shrink
// either. Byte strings lie in blocks of 13 sizes whose free lists are threaded
// through the blocks. The collector sees no pointer in entries and blocks, and
// one for each segment or chunk.
//
// The hash has no secret: who chooses keys by its inverse can make segments
// long and slow (never wrong, and memory stays proportional to the keys).
//
// # Limits
//
// Options bounds keys and bytes of an instance. StatusFull is a function of
// the state alone: the number of keys, and the sum of the lengths of byte
// values. It is not a bound on memory: a byte value takes up to half more than
// its length, and freed blocks are used again only for lengths like theirs.
// Where owners hold a part of the shards each, each has the limits for its part.
//
// # Concurrency
//
// As kernel.Service says: one Apply at a time with nothing beside it; Query,
// Shard, Digest and Snapshot change nothing and may run beside each other.
package kv
