package transport

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// Interleaved is the home of a part that is spread over all nodes.
const Interleaved = -1

const (
	// hugePageSize is the page size of the segment where hugepages are to be
	// had, and the alignment of each node's region in either case.
	hugePageSize = 2 << 20
	// partAlign is the alignment of parts in a region: an ordinary page, so
	// that the placement of each part can be asked of the kernel.
	partAlign = 4096

	maxParts    = 1024
	maxPartName = 47
	// MaxSegment bounds the size of a segment, in bytes.
	MaxSegment = 64 << 30
)

// Errors of layouts and of the segments made from them.
var (
	ErrLayout = errors.New("bad segment layout")
	ErrNoPart = errors.New("no such part in the segment")
)

// Part is a named stretch of the segment that lives on one node.
type Part struct {
	Name   string `json:"name"`
	Home   int    `json:"home"` // runtime node, or Interleaved
	Offset uint64 `json:"offset_bytes"`
	Size   uint64 `json:"size_bytes"`
}

// Layout lists the parts that a segment will have.
type Layout struct {
	parts []Part
	align uint64
}

// Align begins every part at a multiple of so many bytes, a power of two: of the
// size of the segment's pages, for parts that are to be protected one by one.
// Without it parts begin at ordinary pages.
func (l *Layout) Align(bytes int) { l.align = max(uint64(bytes), partAlign) }

// Add adds a part of the given size in bytes, at home on a node (a number of
// the runtime's topology) or Interleaved.
func (l *Layout) Add(name string, home, size int) {
	l.parts = append(l.parts, Part{Name: name, Home: home, Size: uint64(size)})
}

// region is the stretch of a segment that holds all parts with one home.
type region struct {
	home        int
	start, size uint64
}

// place gives each part its offset and returns the regions, in order. The
// first region begins with the segment's header and is at home on node 0.
func (l *Layout) place() ([]Part, []region, error) {
	if len(l.parts) > maxParts {
		return nil, nil, fmt.Errorf("%w: %d parts, at most %d fit the header", ErrLayout, len(l.parts), maxParts)
	}
	homes := []int{0}
	seen := map[int]bool{0: true}
	names := map[string]bool{}
	for _, p := range l.parts {
		switch {
		case p.Home < Interleaved:
			return nil, nil, fmt.Errorf("%w: part %q is at home on node %d: want a node number or Interleaved", ErrLayout, p.Name, p.Home)
		case p.Name == "" || len(p.Name) > maxPartName || strings.ContainsRune(p.Name, 0):
			return nil, nil, fmt.Errorf("%w: part name %q: want 1 to %d bytes, none of them 0", ErrLayout, p.Name, maxPartName)
		case names[p.Name]:
			return nil, nil, fmt.Errorf("%w: part %q is there twice", ErrLayout, p.Name)
		case p.Size == 0 || p.Size > MaxSegment:
			return nil, nil, fmt.Errorf("%w: part %q has %d bytes: want 1 to %d", ErrLayout, p.Name, p.Size, uint64(MaxSegment))
		}
		names[p.Name] = true
		if !seen[p.Home] {
			seen[p.Home] = true
			homes = append(homes, p.Home)
		}
	}
	parts := make([]Part, len(l.parts))
	copy(parts, l.parts)
	align := max(l.align, partAlign)
	var regions []region
	at := uint64(0)
	for _, home := range homes {
		start := at
		if home == 0 {
			at += alignUp(uint64(unsafe.Sizeof(header{})), align)
		}
		for i := range parts {
			if p := &parts[i]; p.Home == home {
				p.Offset = at
				at = alignUp(at+p.Size, align)
			}
		}
		at = alignUp(at, hugePageSize)
		if at > MaxSegment {
			return nil, nil, fmt.Errorf("%w: more than %d bytes: ask for smaller logs or rings", ErrLayout, uint64(MaxSegment))
		}
		regions = append(regions, region{home: home, start: start, size: at - start})
	}
	return parts, regions, nil
}

func alignUp(n, to uint64) uint64 { return (n + to - 1) &^ (to - 1) }

func sizeOf[T any]() int {
	var t T
	return int(unsafe.Sizeof(t))
}
