//go:build !nrkern_nosite

package site

import "sync/atomic"

// on reports whether a tracer is attached to a site.
func on(id ID) bool { return atomic.LoadUint32(&guards.attached[id]) != 0 }
