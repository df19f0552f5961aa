// Package shape judges what an experiment was expected to show: who is ahead,
// which way a curve goes, where two lines cross. Shapes are written down with
// their source before the first run, and judged by code.
//
//	shape.Shape{
//		Text:   "NR reads faster than the best big lock",
//		Source: "NrOS (OSDI'21), section 6",
//		Metric: "ops_per_s",
//		Judge:  shape.Ahead{A: []string{"nr"}, B: locks, At: results.Where{"writes_percent": "0"}},
//	}
//
// A judgement compares medians of samples of one placement, by the interval of
// their ratio (bootstrap, 95 %). If the interval allows both answers, or the
// difference is below 5 %, the outcome is "inside the noise": no claim. A
// shape that the machine has too few nodes, caches or CPUs for, or that has too
// few samples, is "not judged here", with the reason. What fails is FAILED, and
// stays so.
//
// Concurrency: judging reads a table and changes nothing.
package shape
