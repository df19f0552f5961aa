package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// ordinaryPage is the size of a page of x86-64, in bytes.
const ordinaryPage = 4096

// memories returns, by node, the Linux node that its memory comes from.
func memories(t *numa.Topology) []int {
	all := make([]int, len(t.Nodes))
	for i, n := range t.Nodes {
		all[i] = n.Memory
	}
	return all
}

// distinct returns the numbers of a list in ascending order, each once.
func distinct(list []int) []int { return slices.Compact(slices.Sorted(slices.Values(list))) }

// placeOf returns where kernel k of a machine runs: on its node, or under the
// big lock on all CPUs, its memory at home on one node or interleaved.
func placeOf(c Config, t *numa.Topology, k int) place {
	if c.Mode != ModeBigLock {
		n := t.Nodes[k]
		return place{CPUs: n.CPUs(), Memory: numa.BindTo(n.Memory)}
	}
	var cpus []int
	for _, n := range t.Nodes {
		cpus = append(cpus, n.CPUs()...)
	}
	if c.Home != transport.Interleaved {
		return place{CPUs: distinct(cpus), Memory: numa.BindTo(t.Nodes[c.Home].Memory)}
	}
	return place{CPUs: distinct(cpus), Memory: numa.SpreadOver(memories(t)...)}
}

// equal reports whether a process is where it was put.
func (p place) equal(q place) bool {
	return slices.Equal(p.CPUs, q.CPUs) && p.Memory.Mode == q.Memory.Mode && slices.Equal(distinct(p.Memory.Nodes), distinct(q.Memory.Nodes))
}

func (p place) String() string {
	return fmt.Sprintf("CPUs %s, memory %s", numa.FormatList(p.CPUs), p.Memory)
}

// segmentStatus asks the kernel where the pages of the segment are.
func segmentStatus(s *transport.Segment, t *numa.Topology) (SegmentStatus, error) {
	status := SegmentStatus{Size: uint64(s.Size()), PageSize: uint64(s.PageSize()), Parts: []PartStatus{}}
	var errs []error
	for _, part := range s.Parts() {
		p := PartStatus{Part: part, Wanted: part.WantedNodes(memories(t))}
		where, err := s.PagesOf(part.Name)
		if err == nil {
			p.Pages = where.ByNode
			err = where.Check(p.Wanted...)
		}
		if p.Right = err == nil; !p.Right {
			errs = append(errs, fmt.Errorf("part %q of the segment: %w", part.Name, err))
		}
		status.Parts = append(status.Parts, p)
	}
	return status, errors.Join(errs...)
}

// heapPages reads from /proc/PID/numa_maps where the private memory of a
// process is: pages of 4 KiB by Linux node. Files and the segment are left out.
func heapPages(pid int) (map[int]int, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/numa_maps", pid))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return parseNumaMaps(f)
}

// parseNumaMaps reads lines such as (proc(5))
//
//	c000000000 bind:1 anon=293 dirty=293 active=0 N1=293 kernelpagesize_kB=4
func parseNumaMaps(r io.Reader) (map[int]int, error) {
	pages := map[int]int{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		anonymous, file, unit := false, false, 1
		for _, f := range fields {
			name, value, _ := strings.Cut(f, "=")
			switch name {
			case "anon":
				anonymous = true
			case "file":
				file = true
			case "kernelpagesize_kB":
				if kb, err := strconv.Atoi(value); err == nil {
					unit = max(kb/4, 1)
				}
			}
		}
		if !anonymous || file {
			continue
		}
		for _, f := range fields {
			name, value, ok := strings.Cut(f, "=")
			if !ok || len(name) < 2 || name[0] != 'N' {
				continue
			}
			node, err1 := strconv.Atoi(name[1:])
			n, err2 := strconv.Atoi(value)
			if err1 == nil && err2 == nil {
				pages[node] += n * unit
			}
		}
	}
	return pages, lines.Err()
}

// rightPages reports whether all pages are on nodes that they may be on.
func rightPages(pages map[int]int, p numa.Policy) bool {
	for node := range pages {
		if !slices.Contains(p.Nodes, node) {
			return false
		}
	}
	return true
}
