package bench

import "github.com/nrkern/nrkern/kernel"

// outstanding gives NR several operations a reservation, over a table that
// costs little, and sets it beside C's log with nothing to apply.
func outstanding(s *Session) ([]Line, error) {
	const window, batch = 16, 8
	// 40 million a second where C's log appends 115.
	target := atLeast(40.0 / 115)
	nr, _, err := s.newNR(func() kernel.Service { return newFixedTable(s.Keys) }, shape{replicas: 2, threads: 1, window: window, writes: 100})
	if err != nil {
		return nil, err
	}
	log, err := s.inC("C log append, batch 8", "log", batch, reading.perSecond)
	if err != nil {
		return nil, err
	}
	found, err := s.interleave(how{row: "nr-table/window=16/writes=100", unit: MopsPerS}, []variant{
		onCPUs("nr", s.both(), reading.perSecond, job{work: nr.work}), log,
	})
	return in("100 % writes", compareAll(found, "nr", "C log append, batch 8", target)...), err
}
