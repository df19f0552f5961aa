package node

import (
	"fmt"

	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// isolated reports whether the kernels of the machine cannot reach each other's
// part of the segment.
func (c Config) isolated() bool { return c.Mode == ModeMultikernel && c.Isolate }

// isolationPage is the size of the pages that parts are kept apart by. A segment
// on hugepages is protected in those only.
func (c Config) isolationPage() int {
	if c.Hugepages == transport.HugepagesOff {
		return ordinaryPage
	}
	return numa.HugePageSize
}

// isolate takes what is of other kernels out of the reach of this one. The state
// of its services is in its private memory, which no other process maps; what is
// left of the segment are the channels, and a few words that the supervisor
// writes or that say which process a node is.
func isolate(s *transport.Segment, id, nodes int) error {
	if err := multikernel.Isolate(s, id); err != nil {
		return err
	}
	words := []string{machinePart}
	for n := range nodes {
		if n != id {
			words = append(words, nodePart(n))
		}
	}
	for _, name := range words {
		part, err := s.Part(name)
		if err != nil {
			return err
		}
		if err := s.Protect(name, 0, int(part.Size), transport.ReadOnly); err != nil {
			return fmt.Errorf("isolate: %w", err)
		}
	}
	return nil
}
