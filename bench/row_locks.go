package bench

import (
	"fmt"

	"github.com/nrkern/nrkern/biglock"
)

// locks sets a replica with two threads beside one copy behind each lock.
func locks(s *Session) ([]Line, error) {
	return eachMix(func(writes uint64) ([]Line, error) {
		nr, _, err := s.newNR(newGoMap, shape{replicas: 1, threads: 2, window: 1, writes: writes})
		if err != nil {
			return nil, err
		}
		variants := []variant{onCPUs("nr", s.both(), reading.perSecond, job{work: nr.work})}
		for _, kind := range biglock.Kinds() {
			locked, err := s.newLocked(kind, newGoMap, shape{threads: 2, window: 1, writes: writes})
			if err != nil {
				return nil, err
			}
			variants = append(variants, onCPUs(string(kind), s.both(), reading.perSecond, job{work: locked.work}))
		}
		found, err := s.interleave(how{row: fmt.Sprintf("nr-two-threads/writes=%d", writes), unit: MopsPerS}, variants)
		var lines []Line
		for _, kind := range biglock.Kinds() {
			lines = append(lines, compareAll(found, "nr", string(kind), nil)...)
		}
		return lines, err
	}), nil
}
