package main

import (
	"slices"

	"github.com/nrkern/nrkern/node"
)

// answers are what a kernel said of itself before and after.
type answers struct{ before, after node.KernelStatus }

// answeredBoth gives the kernels that answered both times. One that was silent at
// either end says 0 of everything, and what came between is not known. One that
// was not there before has begun at 0.
func answeredBoth(before, after *node.Status) []answers {
	var both []answers
	for _, k := range after.Kernels {
		if a, ok := answeredOf(before, k); ok {
			both = append(both, a)
		}
	}
	return both
}

// answeredOf gives the answers of one kernel, and false if it was silent.
func answeredOf(before *node.Status, k node.KernelStatus) (a answers, ok bool) {
	a.after = k
	if i := slices.IndexFunc(before.Kernels, func(b node.KernelStatus) bool { return b.PID == k.PID }); i >= 0 {
		a.before = before.Kernels[i]
	}
	return a, a.before.State != node.StateSilent && k.State != node.StateSilent
}

// completed is the operations that the machine completed between two statuses, or
// nil if a kernel did not answer both times.
func completed(before, after *node.Status) *uint64 {
	both := answeredBoth(before, after)
	if len(both) < len(after.Kernels) {
		return nil
	}
	n := uint64(0)
	for _, k := range both {
		n += k.operations()
	}
	return &n
}

func (a answers) operations() uint64 {
	return a.after.Operations - min(a.before.Operations, a.after.Operations)
}
