package kernel

// MaxShards is the largest number of shards of a service.
const MaxShards = 256

// ShardSet is a set of shards of one service.
type ShardSet [MaxShards / 64]uint64

// Add puts a shard into the set.
func (s *ShardSet) Add(shard int) { s[shard/64%len(s)] |= 1 << (shard % 64) }

// AddAll puts the shards 0 to n-1 into the set.
func (s *ShardSet) AddAll(n int) {
	for shard := range n {
		s.Add(shard)
	}
}

// Has reports whether a shard is in the set.
func (s *ShardSet) Has(shard int) bool { return s[shard/64%len(s)]>>(shard%64)&1 != 0 }

// Meets reports whether two sets have a shard in common.
func (s *ShardSet) Meets(other *ShardSet) bool {
	var common uint64
	for i := range s {
		common |= s[i] & other[i]
	}
	return common != 0
}

// Keep takes the shards out of the set that other does not have.
func (s *ShardSet) Keep(other *ShardSet) {
	for i := range s {
		s[i] &= other[i]
	}
}

// Union puts all shards of other into the set.
func (s *ShardSet) Union(other *ShardSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

// Meet takes the shards that are not in other out of the set.
func (s *ShardSet) Meet(other *ShardSet) {
	for i := range s {
		s[i] &= other[i]
	}
}

// Spanning is a service with operations over several shards: those that Shard
// answers AllShards for. A structure that keeps all shards in one place applies
// them like any other. One that deals the shards out to owners has each owner
// execute its part, while it keeps the shards of all parts from other
// operations (two-phase commit), and merges what they answer.
type Spanning interface {
	Service
	// Span adds the shards that op touches to a set. Like Shard it depends on
	// the operation alone.
	Span(op *Op, set *ShardSet)
	// Split makes part the operation that does what op does to the shards of
	// set: an operation of the same service, which its owner applies or queries
	// as it is. It appends to part.Data[:0], whose capacity is MaxData.
	Split(op *Op, set *ShardSet, part *Op)
	// Vote answers what Apply would: StatusOK, or why a part would change
	// nothing. It changes nothing itself. One part that is not StatusOK makes
	// the whole operation change nothing.
	Vote(part *Op) Status
	// Merge adds the result of one part to that of the whole, which begins
	// reset. The order of the parts must not matter.
	Merge(op *Op, whole, part *Result)
}

// Span adds the shards that op touches to a set: one, or what the service says
// of an operation over several.
func (t *Table) Span(op *Op, set *ShardSet) {
	switch s := t.services[op.Service].(type) {
	case nil:
		set.Add(0)
	case Spanning:
		s.Span(op, set)
	default:
		if shard := s.Shard(op); shard != AllShards {
			set.Add(shard)
		} else {
			set.AddAll(s.Shards())
		}
	}
}

// Spanning returns the service of op if it can split operations over several
// shards, else nil.
func (t *Table) Spanning(op *Op) Spanning {
	s, _ := t.services[op.Service].(Spanning)
	if op.Service == OnceID {
		// If what is asked can be split.
		if asked, _ := Asked(op); asked == OnceID || t.Spanning(&Op{Service: asked}) == nil {
			return nil
		}
	}
	return s
}
