package multikernel

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// DefaultRing is the number of slots of each channel when nothing else is
// asked: a window of 16 operations of any size and their answers.
const DefaultRing = 512

// MinRing is the smallest number of slots of a channel: the longest record must
// always find credit (see transport.Channel.MaxMessage).
const MinRing = 32

// ErrMesh is the error of a mesh that cannot be built as asked.
var ErrMesh = errors.New("bad channel mesh")

var _ [MinRing*3/4 - kernel.MaxPayloads - 1]struct{} // MaxMessage of the smallest ring holds the longest record as a proposal

// AddMesh adds the parts of a full mesh of channels to a layout: for every
// ordered pair of nodes a ring, at home on its writer's node, and a bell for
// each node.
func AddMesh(l *transport.Layout, nodes, ringSlots int) error {
	return AddMeshApart(l, nodes, ringSlots, transport.SlotSize)
}

// AddMeshApart is AddMesh with every ring on pages of its own, of a size in
// bytes, so that Isolate can take it out of the reach of other kernels. The nodes
// are opened with Config.RingSlots, for the rest of the pages is not used.
func AddMeshApart(l *transport.Layout, nodes, ringSlots, page int) error {
	if ringSlots < MinRing || ringSlots > transport.MaxRing || bits.OnesCount(uint(ringSlots)) != 1 {
		return fmt.Errorf("%w: rings of %d slots: want a power of two from %d to %d", ErrMesh, ringSlots, MinRing, transport.MaxRing)
	}
	if nodes < 1 || nodes > transport.MaxReplicas {
		return fmt.Errorf("%w: %d nodes: want 1 to %d", ErrMesh, nodes, transport.MaxReplicas)
	}
	for n := range nodes {
		l.Add(ringsOf(n), n, nodes*stride(ringSlots, page))
		l.Add(bellOf(n), n, transport.BellSize)
	}
	return nil
}

// stride is how many bytes apart the rings of one writer are.
func stride(ringSlots, page int) int {
	return (ringSlots*transport.SlotSize + page - 1) / page * page
}

func ringsOf(node int) string { return fmt.Sprintf("mesh.from.%d", node) }
func bellOf(node int) string  { return fmt.Sprintf("mesh.bell.%d", node) }

// openMesh returns node id's ends of the channels to all other nodes (nil at
// its own place), and every node's bell. Rings have ringSlots slots; 0 is all
// that there is room for.
func openMesh(s *transport.Segment, id, ringSlots int) ([]*transport.Channel, []*transport.Bell, error) {
	var bells []*transport.Bell
	for {
		b, err := transport.View[transport.Bell](s, bellOf(len(bells)), 0)
		if errors.Is(err, transport.ErrNoPart) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		bells = append(bells, b)
	}
	nodes := len(bells)
	if id < 0 || id >= nodes {
		return nil, nil, fmt.Errorf("%w: node %d: the segment was made for %d", ErrMesh, id, nodes)
	}
	ring := func(from, to int) ([]transport.Slot, error) {
		part, err := s.Part(ringsOf(from))
		if err != nil {
			return nil, err
		}
		apart := int(part.Size) / nodes
		slots := apart / transport.SlotSize
		if ringSlots > 0 {
			slots = min(slots, ringSlots)
		}
		return transport.Slice[transport.Slot](s, ringsOf(from), to*apart, slots)
	}
	channels := make([]*transport.Channel, nodes)
	for peer := range channels {
		if peer == id {
			continue
		}
		tx, err := ring(id, peer)
		if err != nil {
			return nil, nil, err
		}
		rx, err := ring(peer, id)
		if err != nil {
			return nil, nil, err
		}
		if channels[peer], err = transport.NewChannel(tx, rx); err != nil {
			return nil, nil, fmt.Errorf("%w: channel %d-%d: %w", ErrMesh, id, peer, err)
		}
	}
	return channels, bells, nil
}
