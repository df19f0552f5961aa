// Package simulate is a simulated machine: nodes of cores in one process, each
// core a coroutine, each access to shared memory a step of one deterministic
// scheduler. The protocol code that ships runs on it unchanged, behind the hook
// of package transport.
//
// A [Search] runs a [Scenario] on many schedules. The memory is x86-TSO: stores
// leave a core's buffer in order, some time. A kernel may stop, or die with what
// its buffers hold. Each run is held to the invariants of the protocol's words,
// to the order of payload accesses (vector clocks), and to linearizability. The
// same seed gives the same run.
//
// A [Count] runs a workload on a machine that follows every cache line through
// the cores' caches and counts what moves.
//
// An [Exploration] tries all schedules of a small scenario with at most so many
// preemptions and deaths.
//
// Limits: a Search samples schedules by seed (random, or PCT: Burckhardt et al.,
// ASPLOS 2010); a run in which others wait for ever for a dead node counts as
// blocked, not as a failure. See docs/simulation.md.
//
// Concurrency: one machine at a time in a process.
package simulate
