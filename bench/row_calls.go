package bench

import "fmt"

// calls sets the multikernel's partitioned calls beside C's: the same keys,
// owners, table and messages, one operation in ten a write.
func calls(s *Session) ([]Line, error) {
	var lines []Line
	for _, c := range []struct {
		window int
		target float64
	}{{1, 0.95}, {16, 0.8}} {
		got, err := s.callsAt(c.window, c.target)
		lines = append(lines, in(fmt.Sprintf("window %d", c.window), orFailed(got, err)...)...)
	}
	return lines, nil
}

func (s *Session) callsAt(window int, target float64) ([]Line, error) {
	const writes = 10
	ours, err := s.newPartitioned(shape{window: window, writes: writes})
	if err != nil {
		return nil, err
	}
	ref, err := s.inC("C", "partitioned", uint64(window), reading.perSecond)
	if err != nil {
		return nil, err
	}
	found, err := s.interleave(how{row: fmt.Sprintf("partitioned/window=%d", window), unit: MopsPerS}, []variant{
		onCPUs("multikernel", s.both(), reading.perSecond, job{work: ours.work, idle: ours.idle}), ref,
	})
	return compareAll(found, "multikernel", "C", atLeast(target)), err
}
