//go:build !nrkern_nosite

package site

import "sync/atomic"

// On reports whether a tracer is attached to a site. The functions of the sites
// ask it themselves; where an argument has to be loaded from memory, and every
// nanosecond counts, the caller asks before that:
//
//	if site.On(site.AtAppend) {
//		site.Append(…)
//	}
func On(id ID) bool { return atomic.LoadUint32(&guards.attached[id]) != 0 }
