//go:build !nrkern_nohook

package simulate

import "slices"

// Shrinking takes so many runs at most, and steps.
const (
	shrinkRuns  = 600
	shrinkSteps = 3_000_000
)

// shrink looks for a shorter schedule that fails in the same way, and traces
// it: it leaves out pieces, halves them (Zeller, Hildebrandt, TSE 2002), and
// shortens counts, as long as that goes on. What could not be judged in time is
// left as it is: each try would take the judge as long.
func (seg segments) shrink(f *Found, full schedule) error {
	if f.Kind == FailureUnknown {
		f.Shrunk = f.Schedule
		return nil
	}
	best, runs, steps := slices.Clone(full), 0, uint64(0)
	try := func(s schedule) bool {
		if runs++; runs > shrinkRuns || steps > shrinkSteps {
			return false
		}
		r, err := seg.execute(f.Scenario, f.Seed, func(*run) strategy { return &replay{left: slices.Clone(s)} }, false)
		if err == nil {
			steps += r.machine.steps
		}
		return err == nil && r.machine.failure != nil && r.machine.failure.Kind == f.Kind
	}
	for size := len(best); size > 0; size /= 2 {
		for at := 0; at < len(best); {
			end := min(at+size, len(best))
			shorter := slices.Concat(best[:at], best[end:])
			if try(shorter) {
				best = joined(shorter)
			} else {
				at = end
			}
		}
	}
	for at := range best {
		for best[at].count > 1 {
			shorter := slices.Clone(best)
			shorter[at].count /= 2
			if !try(shorter) {
				break
			}
			best = shorter
		}
	}
	r, err := seg.execute(f.Scenario, f.Seed, func(*run) strategy { return &replay{left: slices.Clone(best)} }, true)
	if err != nil {
		return err
	}
	f.Shrunk, f.Trace = best.String(), r.machine.lines
	if found := r.machine.failure; found != nil {
		f.Failure = *found
	}
	return nil
}

// joined merges runs of one core that have become neighbours.
func joined(s schedule) schedule {
	var out schedule
	for _, a := range s {
		if n := len(out); n > 0 && a.kind == actRun && out[n-1].kind == actRun && out[n-1].who == a.who {
			out[n-1].count += a.count
			continue
		}
		out = append(out, a)
	}
	return out
}
