//go:build !nrkern_nohook

package transport

// hooked is whether a Hook is installed. It is apart from hook because to test
// a byte costs less.
var hooked bool

// counting is whether counters count.
const counting = true

// Install puts h in the place of the hardware for every shared access of this
// process, until the function it returns is called. It must not be called
// while other goroutines use shared words: one simulation a process.
func Install(h Hook) (remove func()) {
	hook, hooked = h, true
	return func() { hook, hooked = nil, false }
}
