package multikernel

// Placement says where the shards of services live. Partitioned is the only
// one so far; replicated placement (every node a copy, a coordinator per shard)
// joins here, as another answer to "who executes this?".
type Placement interface {
	// Owner returns the node that owns a shard.
	Owner(shard int) int
}

// Partitioned deals the shards out to the nodes in turn.
type Partitioned struct{ Nodes int }

// Owner returns the shard's number modulo the number of nodes.
func (p Partitioned) Owner(shard int) int { return shard % p.Nodes }
