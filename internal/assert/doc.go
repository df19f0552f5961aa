// Package assert is the switch of the protocols' assertions: the invariants that
// the simulated machine holds every run to, as far as one thread can see whether
// they hold, in real runs.
//
//	if assert.On && ltail > ctail {
//		assert.Fail("replica %d: ltail %d is beyond ctail %d", id, ltail, ctail)
//	}
//
// On is the constant false in every ordinary build, so the compiler leaves nothing
// of it: TestNothingRemains looks at the object code. With -tags nrkern_assert it is
// true, and what does not hold is a panic that says what was found.
//
// Concurrency: a Turn is for all threads of a process; the rest has no state.
package assert

import "fmt"

// Fail panics with what was found.
func Fail(format string, args ...any) { panic("assertion failed: " + fmt.Sprintf(format, args...)) }
