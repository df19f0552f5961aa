package bench

import (
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// stream sends as many 64-byte messages one way as will go.
func stream(s *Session) ([]Line, error) {
	const ring = 256
	ends, err := newEnds(ring)
	if err != nil {
		return nil, err
	}
	clock := workload.ProcessClock()
	var sink transport.Line
	j := job{work: func(who int, until uint64) (n uint64, _ error) {
		c := ends[who]
		if who == 0 {
			for ; n%256 != 0 || clock.Ticks() < until; n++ {
				sendOne(c, n)
			}
			sendOne(c, lastMessage)
			return n, nil
		}
		total := uint64(0)
		for {
			first, sum := receiveOne(c)
			total += sum
			if first == lastMessage {
				sink.Store(total)
				return 0, nil
			}
		}
	}}
	ours := onCPUs("nrkern", s.both(), reading.perSecond, j)
	c, err := s.inC("C", "stream", ring, reading.perSecond)
	if err != nil {
		return nil, err
	}
	found, err := s.interleave(how{row: "ump-stream", unit: MopsPerS}, []variant{ours, c})
	return compareAll(found, "nrkern", "C", atLeast(1)), err
}
