package transport

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
)

// Options says how Create makes a segment.
type Options struct {
	Hugepages Hugepages
	// Memory is, for each node of the runtime's topology, the Linux node that
	// its memory comes from.
	Memory []int
	// Warn is told, in a sentence, what Create had to do without.
	Warn func(string)
}

// Create makes a segment for a layout: a sealed memfd on hugepages, each
// region bound to its node and populated, so that no later access can fault
// for want of memory. The other processes of the machine Open its descriptor.
func Create(l *Layout, o Options) (*Segment, error) {
	parts, regions, err := l.place()
	if err != nil {
		return nil, err
	}
	if len(o.Memory) == 0 {
		return nil, fmt.Errorf("%w: no memory to put it on: name the Linux node of each node", ErrLayout)
	}
	for _, p := range parts {
		if p.Home >= len(o.Memory) {
			return nil, fmt.Errorf("%w: part %q is at home on node %d of %d nodes", ErrLayout, p.Name, p.Home, len(o.Memory))
		}
	}
	if o.Hugepages != HugepagesOff {
		s, err := createHuge(parts, regions, o.Memory)
		if err == nil || o.Hugepages == HugepagesRequire || !errors.Is(err, ErrHugepages) {
			return s, err
		}
		if o.Warn != nil {
			o.Warn(fmt.Sprintf("the segment is on ordinary pages: %v", err))
		}
	}
	return create(parts, regions, o.Memory, partAlign)
}

func createHuge(parts []Part, regions []region, memory []int) (*Segment, error) {
	if err := checkPools(regions, memory); err != nil {
		return nil, err
	}
	s, err := create(parts, regions, memory, hugePageSize)
	if errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.EFAULT) || errors.Is(err, unix.ENOSPC) {
		free, freeErr := freePages()
		return nil, &HugepagesError{Wanted: pagesWanted(regions, memory), Free: free, Cause: errors.Join(err, freeErr)}
	}
	return s, err
}

func create(parts []Part, regions []region, memory []int, pageSize int) (_ *Segment, err error) {
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	if pageSize == hugePageSize {
		flags |= unix.MFD_HUGETLB | unix.MFD_HUGE_2MB
	}
	size := total(regions)
	fd, err := unix.MemfdCreate("nrkern", flags)
	if err != nil {
		return nil, fmt.Errorf("create segment: memfd with pages of %d bytes: %w", pageSize, err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, fmt.Errorf("create segment: %d bytes: %w", size, err)
	}
	mem, err := unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("create segment: map %d bytes: %w", size, err)
	}
	defer func() {
		if err != nil {
			_ = unix.Munmap(mem)
		}
	}()
	for _, r := range regions {
		stretch := mem[r.start : r.start+r.size]
		if err := numa.BindRange(stretch, r.policy(memory)); err != nil {
			return nil, fmt.Errorf("create segment: region of node %d: %w", r.home, err)
		}
		if err := numa.Populate(stretch); err != nil {
			return nil, fmt.Errorf("create segment: region of node %d, %d bytes: %w", r.home, r.size, err)
		}
	}
	s := newSegment(mem, fd, pageSize, parts)
	s.writeHeader()
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, segmentSeals); err != nil {
		return nil, fmt.Errorf("create segment: seal: %w", err)
	}
	return s, nil
}

// policy returns where the region's memory comes from.
func (r region) policy(memory []int) numa.Policy {
	if r.home != Interleaved {
		return numa.BindTo(memory[r.home])
	}
	return numa.SpreadOver(memory...)
}

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }
