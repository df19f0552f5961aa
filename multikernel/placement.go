package multikernel

import (
	"fmt"
	"strings"
)

// Placement says where the state of a service lives.
type Placement string

// The placements.
const (
	// Partitioned: each shard has one owner, which executes all operations on it.
	Partitioned Placement = "partitioned"
	// Replicated: every node has a copy. A shard's coordinator orders the
	// writes, which all copies agree to before any shows them; reads are local.
	Replicated Placement = "replicated"
)

// Placements returns the placements in the order tables show them.
func Placements() []Placement { return []Placement{Partitioned, Replicated} }

// ParsePlacement checks the name of a placement.
func ParsePlacement(s string) (Placement, error) {
	var names []string
	for _, p := range Placements() {
		if s == string(p) {
			return p, nil
		}
		names = append(names, string(p))
	}
	return "", fmt.Errorf("placement %q: want %s", s, strings.Join(names, " or "))
}

// Owner returns the node that owns a shard, or coordinates its copies: shards
// are dealt out to the nodes in turn.
func Owner(shard, nodes int) int { return shard % nodes }
