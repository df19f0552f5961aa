//go:build !amd64 || race

package transport

import "sync/atomic"

// release under the race detector (and wherever a plain store would not be a
// release store) is an atomic store.
func release(p *uint64, v uint64) { atomic.StoreUint64(p, v) }
