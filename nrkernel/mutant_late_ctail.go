//go:build nrkern_mutant_late_ctail

package nrkernel

const lateCtail = true
