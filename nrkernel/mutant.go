//go:build !nrkern_mutant_late_ctail

package nrkernel

// lateCtail is a deliberate fault for the tests that must be able to find it:
// ctail is advanced after the effect can be read. Built in with
// -tags nrkern_mutant_late_ctail only.
const lateCtail = false
