package kernel

import (
	"errors"
	"io"
)

// ErrNoSnapshot is the error of a service that cannot be copied to a replica
// that joins late.
var ErrNoSnapshot = errors.New("the service has no snapshot: implement Snapshot and Restore")

// Simple is for services that are one shard and have no snapshot: embed it, and
// Apply, Query and Digest are all there is to write. Every replica must then be
// there from the start.
type Simple struct{}

// Shards returns 1.
func (Simple) Shards() int { return 1 }

// Shard returns 0, the only shard.
func (Simple) Shard(*Op) int { return 0 }

// Snapshot returns ErrNoSnapshot.
func (Simple) Snapshot(io.Writer) error { return ErrNoSnapshot }

// Restore returns ErrNoSnapshot.
func (Simple) Restore(io.Reader) error { return ErrNoSnapshot }
