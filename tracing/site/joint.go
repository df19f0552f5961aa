package site

import "sync/atomic"

// Joint is a place in the runtime that its owner passes over and over, a
// combiner its batches or a thread its waits for a gate, and whether this pass was
// chosen. It belongs to whoever passes. Its zero value is ready.
//
// A begin is passed where Begins says so, and its end where Ends does:
//
//	if site.On(site.AtCombineBegin) && r.batches.Begins() {
//		site.CombineBegin(…)
//	}
//	…
//	if site.On(site.AtCombineEnd) && r.batches.Ends() {
//		site.CombineEnd(…)
//	}
type Joint struct {
	passed uint64
	chosen bool
}

// Begins counts a pass and reports whether it is chosen: one in Every is.
func (j *Joint) Begins() bool {
	j.passed++
	j.chosen = j.passed&atomic.LoadUint64(&guards.mask) == 0
	return j.chosen
}

// Ends reports whether the pass that ends was chosen when it began.
func (j *Joint) Ends() bool {
	chosen := j.chosen
	j.chosen = false
	return chosen
}
