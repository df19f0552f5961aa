package multikernel

import (
	"fmt"

	"github.com/nrkern/nrkern/transport"
)

// Isolate takes out of this process's reach, in its own mapping of the segment,
// all of the mesh but what node id needs: it may write its own rings, read those
// that others write for it, and ring bells. So no kernel can read what two others
// say to each other, nor write where only another does: that a receiver never
// writes a ring is held by the memory management unit. The mesh must be laid out
// by AddMeshApart, on pages of the segment.
func Isolate(s *transport.Segment, id int) error {
	nodes := 0
	for ; ; nodes++ {
		if _, err := s.Part(bellOf(nodes)); err != nil {
			break
		}
	}
	for from := range nodes {
		part, err := s.Part(ringsOf(from))
		if err != nil {
			return err
		}
		apart := int(part.Size) / nodes
		for to := range nodes {
			access := transport.NoAccess
			switch id {
			case from:
				access = transport.ReadWrite
			case to:
				access = transport.ReadOnly
			}
			if err := s.Protect(ringsOf(from), to*apart, apart, access); err != nil {
				return fmt.Errorf("isolate node %d from the ring %d to %d: %w", id, from, to, err)
			}
		}
	}
	return nil
}
