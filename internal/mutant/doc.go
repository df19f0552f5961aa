// Package mutant is the list of deliberate faults in the protocols, for the
// tests that must be able to find them: a search that was never seen to find
// anything proves nothing.
//
//	if mutant.LateCtail { … the fault … }
//
// In every ordinary build a fault is the constant false, so the compiler leaves
// nothing of it. With -tags nrkern_mutants, which only tests build with, each
// is a variable, and Select switches one on. The simulated machine's tests walk
// over all of them.
//
// Concurrency: Select before any other goroutine runs protocol code.
package mutant
