package bench

import "fmt"

// replicated sets two replicas with a thread each beside the bare map on one
// thread, and beside the map behind a port with no structure. Where all operations
// write, C's log with nothing to apply is what the cache lines allow.
func replicated(s *Session) ([]Line, error) {
	targets := map[uint64]float64{0: 1.4, 10: 0.95, 50: 0.5, 80: 0.35, 100: 0.35}
	return eachMix(func(writes uint64) ([]Line, error) {
		nr, _, err := s.newNR(newGoMap, shape{replicas: 2, threads: 1, window: 1, writes: writes})
		if err != nil {
			return nil, err
		}
		port, err := s.newTable(newGoMap, shape{window: 1, writes: writes})
		if err != nil {
			return nil, err
		}
		bare := newBareMap(newMix(s.Keys, writes, 0))
		variants := []variant{
			onCPUs("nr", s.both(), reading.perSecond, job{work: nr.work}),
			onCPUs("bare map, 1 thread", s.one(), reading.perSecond, job{work: bare.run}),
			onCPUs("map behind a port, 1 thread", s.one(), reading.perSecond, job{work: port.work}),
		}
		beside := []string{"map behind a port, 1 thread"}
		if log, err := s.inC("C log append, batch 1", "log", 1, reading.perSecond); err == nil && writes == 100 {
			variants, beside = append(variants, log), append(beside, log.name)
		}
		found, err := s.interleave(how{row: fmt.Sprintf("nr-map/writes=%d", writes), unit: MopsPerS}, variants)
		lines := compareAll(found, "nr", "bare map, 1 thread", atLeast(targets[writes]))
		for _, name := range beside {
			lines = append(lines, compareAll(found, "nr", name, nil)...)
		}
		return lines, err
	}), nil
}
