package bench

// reads is what NR costs a reader who has the machine alone.
func reads(s *Session) ([]Line, error) {
	nr, _, err := s.newNR(newGoMap, shape{replicas: 1, threads: 1, window: 1})
	if err != nil {
		return nil, err
	}
	port, err := s.newTable(newGoMap, shape{window: 1})
	if err != nil {
		return nil, err
	}
	bare := newBareMap(newMix(s.Keys, 0, 0))
	found, err := s.interleave(how{row: "nr-one-thread/writes=0", unit: MopsPerS, single: true}, []variant{
		onCPUs("nr", s.one(), reading.perSecond, job{work: nr.work}),
		onCPUs("bare map", s.one(), reading.perSecond, job{work: bare.run}),
		onCPUs("map behind a port", s.one(), reading.perSecond, job{work: port.work}),
	})
	return append(compareAll(found, "nr", "bare map", atLeast(0.7)), compareAll(found, "nr", "map behind a port", nil)...), err
}
