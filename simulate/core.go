//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"iter"
	"runtime/debug"

	"github.com/nrkern/nrkern/transport"
)

// state is what a core is about.
type state uint8

const (
	ready    state = iota
	waiting        // until a word changes
	sleeping       // until the low half of a word changes
	napping        // so, or until the machine says that time is up
	ended          // its program returned
	dead           // its kernel died
	idle           // nothing asks for it now
)

var stateNames = [...]string{"is ready", "waits for", "sleeps on", "naps on", "has ended", "is dead", "is idle"}

// core is one CPU of a node with the one thread that is pinned to it: a
// coroutine that gives way before each access to shared memory.
type core struct {
	machine *Machine
	id      int
	node    int
	process int // whose code it runs: the node's kernel, but for the supervisor's calls of kernels
	name    string

	state  state
	waitOn *place
	low    uint32 // half of the word that a sleeper waits on
	// stoppedUntil keeps a core whose kernel is stopped from running before
	// that step.
	stoppedUntil uint64

	about access // that it is about to make
	value uint64 // of the store that it is about to make

	buffer   []pending // stores that have not left, the oldest first
	drafts   []*draft  // payloads that it is filling
	scraps   []*draft  // to use again
	clock    stamp
	trail    uint64 // hash of its events, and drains of those of its buffer: see trail.go
	drains   uint64
	held     []*place    // whose payloads it read last
	points   []point     // where it could be preempted so far, for an explorer
	turn     int32       // of those of an explorer
	cut      bool        // it was preempted, and has not gone on
	gone     []departure // the stores that have left its buffer, for an explorer
	time     uint64      // in steps of its own
	accesses uint64

	body     func()
	thread   *thread
	returned bool // the body has
}

// thread is a coroutine that runs the bodies of cores, one after another: to make one
// for each run, and let its stack grow, costs more than a small run.
type thread struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	core  *core
}

func newThread() *thread {
	t := new(thread)
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			t.core.work()
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return t
}

// access is what a core does to memory in one step.
type access uint8

const (
	accessLoad access = iota
	accessStore
	accessSwap
	accessCompareAndSwap
	accessFill
	accessPublish
	accessRead
	accessWait
	accessNap
	accessPause
	accessTouch
	accessFence
)

var accessNames = [...]string{"load", "store", "swap", "cas", "fill", "publish", "read", "wait", "nap", "pause", "touch", "heavy fence"}

// unwind is what a core panics with that is to end. Protocol code recovers
// from no panic.
type unwind struct{}

// work is the life of a core.
func (c *core) work() {
	defer c.caught()
	c.body()
}

// resume lets the core go on, or begin, until it gives way or its body returns.
func (c *core) resume() {
	m := c.machine
	if c.thread == nil {
		c.thread = m.memory.thread()
		c.thread.core = c
	}
	m.running = c
	c.thread.next()
	if c.returned {
		m.memory.threads = append(m.memory.threads, c.thread)
		c.thread = nil
	}
}

// caught turns a panic of protocol code into a failure.
func (c *core) caught() {
	c.returned = true
	switch r := recover().(type) {
	case nil, unwind:
	default:
		if c.state != dead {
			c.machine.fail(FailurePanic, "%s panicked: %v\n%s", c.name, r, debug.Stack())
		}
	}
}

// giveWay lets the machine run another core, and returns when this one's turn
// has come again.
func (c *core) giveWay() {
	if !c.thread.yield(struct{}{}) || c.state == dead {
		panic(unwind{})
	}
}

// runnable reports whether the core can go on.
func (c *core) runnable() bool { return c.state == ready && c.stoppedUntil <= c.machine.steps }

// rests reports whether the core waits for a word.
func (c *core) rests() bool { return c.state == waiting || c.state == sleeping || c.state == napping }

// String names the core as traces do.
func (c *core) String() string { return c.name }

func (c *core) describe() string {
	s := fmt.Sprintf("%s %s", c.name, stateNames[c.state])
	if c.rests() {
		s += fmt.Sprintf(" %s, which is %d", c.machine.memory.nameOf(c.waitOn), *c.waitOn.word)
	}
	return s
}

// draft is the payload of a slot that its writer is filling. What is written
// to it becomes a store of the line at the core's next access.
type draft struct {
	place    *place
	content  transport.Payload
	settled  transport.Payload // what was stored last
	unstored bool              // nothing was stored yet
}
