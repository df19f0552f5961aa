//go:build nrkern_assert

package assert

import "sync/atomic"

// On is whether assertions are checked.
const On = true

// Turn is held by one thread at a time, if whoever hands it out is right. It is no
// word of transport: to the simulated machine it is not there.
type Turn struct{ held atomic.Bool }

// Begin begins a thread's turn at what is named.
func Begin(t *Turn, what string) {
	if t.held.Swap(true) {
		Fail("%s: two have their turn at once", what)
	}
}

// End ends it.
func End(t *Turn, what string) {
	if !t.held.Swap(false) {
		Fail("%s: a turn ends that nobody has", what)
	}
}

// Caught runs f and returns what an assertion said that failed in it, for the tests
// of assertions; nothing if none did.
func Caught(f func()) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = r.(string)
		}
	}()
	f()
	return ""
}
