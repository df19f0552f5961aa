//go:build !nrkern_assert

package assert

// On is whether assertions are checked.
const On = false

// Turn is held by one thread at a time, if whoever hands it out is right. Here it
// takes no room.
type Turn struct{}

// Begin begins a thread's turn. (A method would stay in programs that look for
// methods by name, as net/rpc does.)
func Begin(*Turn, string) {}

// End ends it.
func End(*Turn, string) {}
