//go:build nrkern_nohook

package transport

// A build with -tags nrkern_nohook has neither the branch on the hook nor
// counters, so that a benchmark can say what those cost. It is for that alone:
// nothing can be simulated in it, and no traffic is seen.
const (
	hooked   = false
	counting = false
)
