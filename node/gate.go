package node

import (
	"unsafe"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// gates is the number of gates in the segment. Jobs take them in turn, so that
// a thread that is late to leave one does not meet the next job there.
const gates = 8

const (
	gatePart = "gates" // on node 0
	gateSize = int(unsafe.Sizeof(workload.Control{}))
)

// openGates returns the gates: the words that start and stop threads.
func openGates(s *transport.Segment) ([]*workload.Control, error) {
	var all []*workload.Control
	for i := range gates {
		c, err := transport.View[workload.Control](s, gatePart, i*gateSize)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// resetGate makes a gate as new. Nobody may be using it.
func resetGate(s *transport.Segment, i int) error {
	return zero(s, gatePart, i*gateSize, gateSize)
}

// resetProbe makes the words of probes as new. Nobody may be using them.
func resetProbe(s *transport.Segment) error {
	return zero(s, probePart, 0, int(unsafe.Sizeof(check.ProbeWords{})))
}

func zero(s *transport.Segment, part string, offset, size int) error {
	words, err := transport.Slice[transport.Word](s, part, offset, size/8)
	if err != nil {
		return err
	}
	for w := range words {
		words[w].Swap(0)
	}
	return nil
}
