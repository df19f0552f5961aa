package bench

import "fmt"

// replicated sets two replicas with a thread each beside the bare map on one
// thread, and beside the map behind a port with no structure.
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
		found, err := s.interleave(how{row: fmt.Sprintf("nr-map/writes=%d", writes), unit: MopsPerS}, []variant{
			onCPUs("nr", s.both(), reading.perSecond, job{work: nr.work}),
			onCPUs("bare map, 1 thread", s.one(), reading.perSecond, job{work: bare.run}),
			onCPUs("map behind a port, 1 thread", s.one(), reading.perSecond, job{work: port.work}),
		})
		return append(compareAll(found, "nr", "bare map, 1 thread", atLeast(targets[writes])),
			compareAll(found, "nr", "map behind a port, 1 thread", nil)...), err
	}), nil
}
