//go:build !amd64 || race

package transport

import (
	"sync/atomic"
	"unsafe"
)

// release under the race detector (and wherever a plain store would not be a
// release store) is an atomic store.
func release(p *uint64, v uint64) { atomic.StoreUint64(p, v) }

func move(p *int, v int) { atomic.StoreInt64((*int64)(unsafe.Pointer(p)), int64(v)) }
