package transport

import (
	"fmt"

	"github.com/nrkern/nrkern/numa"
)

// PagesOf asks the kernel on which Linux nodes the pages of a part are. A page
// that holds the ends of two parts counts for both.
func (s *Segment) PagesOf(part string) (numa.Placement, error) {
	p, err := s.Part(part)
	if err != nil {
		return numa.Placement{}, err
	}
	page := uint64(s.pageSize)
	start, end := p.Offset&^(page-1), alignUp(p.Offset+p.Size, page)
	at, err := numa.PagesByNode(s.mem[start:end], s.pageSize)
	if err != nil {
		return numa.Placement{}, fmt.Errorf("placement of part %q: %w", part, err)
	}
	return at, nil
}

// WantedNodes returns the Linux nodes that a part was bound to by Create, given
// the Linux node of each node of the topology.
func (p Part) WantedNodes(memory []int) []int {
	return region{home: p.Home}.policy(memory).Nodes
}
