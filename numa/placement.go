package numa

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Placement is where the pages of a range are, by the kernel's word.
type Placement struct {
	// PageSize is the step that was asked with, in bytes.
	PageSize int `json:"page_size_bytes"`
	// ByNode counts the pages on each Linux node that has some.
	ByNode map[int]int `json:"by_node"`
	// Absent counts the pages that this process has not mapped yet: never
	// touched here, though perhaps by another process.
	Absent int `json:"absent"`
	// Unknown counts the pages whose place the kernel could not tell.
	Unknown int `json:"unknown"`
}

// placementChunk is how many pages one call asks for: it bounds the buffers to
// 48 KiB however large the range.
const placementChunk = 4096

// PagesByNode asks the kernel on which node each page of a range is
// (move_pages(2) without a move). pageSize is the step in bytes: 4096, or
// HugePageSize on hugepages; the range starts on a page boundary.
func PagesByNode(mem []byte, pageSize int) (Placement, error) {
	placement := Placement{PageSize: pageSize, ByNode: map[int]int{}}
	if pageSize < unix.Getpagesize() || pageSize&(pageSize-1) != 0 {
		return placement, fmt.Errorf("numa: look up pages: %w: page size %d; want a power of two of at least %d", ErrRange, pageSize, unix.Getpagesize())
	}
	if len(mem) == 0 {
		return placement, nil
	}
	start := uintptr(unsafe.Pointer(&mem[0]))
	if start%uintptr(pageSize) != 0 {
		return placement, fmt.Errorf("numa: look up pages: %w: it starts at %#x, not a multiple of the page size %d", ErrRange, start, pageSize)
	}
	total := (len(mem) + pageSize - 1) / pageSize
	pages := make([]uintptr, min(total, placementChunk))
	status := make([]int32, len(pages))
	for first := 0; first < total; first += len(pages) {
		count := min(len(pages), total-first)
		for i := range count {
			pages[i] = start + uintptr((first+i)*pageSize)
		}
		_, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(count),
			uintptr(unsafe.Pointer(&pages[0])), 0, uintptr(unsafe.Pointer(&status[0])), 0)
		if errno != 0 {
			return placement, (&CallError{
				Purpose: fmt.Sprintf("look up %d pages of %s", total, formatBytes(uint64(pageSize))),
				Call:    "move_pages", Errno: errno,
			}).explain()
		}
		for _, s := range status[:count] {
			placement.count(s)
		}
	}
	return placement, nil
}

// count takes one page's status: its node, or a negative errno.
func (p *Placement) count(status int32) {
	switch {
	case status >= 0:
		p.ByNode[int(status)]++
	case status == -int32(unix.ENOENT), status == -int32(unix.EFAULT):
		// EFAULT is a page never touched, or one read only and backed by the
		// shared page of zeros: in both cases none of its own.
		p.Absent++
	default:
		p.Unknown++
	}
}

// Present counts the pages that are on some node.
func (p Placement) Present() int {
	n := 0
	for _, pages := range p.ByNode {
		n += pages
	}
	return n
}

// Check says whether every page is present and on one of the Linux nodes;
// otherwise an ErrPlacement says what is where.
func (p Placement) Check(nodes ...int) error {
	bad := p.Absent > 0 || p.Unknown > 0
	for node := range p.ByNode {
		bad = bad || !slices.Contains(nodes, node)
	}
	if !bad {
		return nil
	}
	return fmt.Errorf("numa: pages on %s: %w: found %s; bind before the memory is touched, and leave room on the node", describeNodes(nodes), ErrPlacement, p)
}

// String gives "512 on node 0, 3 absent".
func (p Placement) String() string {
	var parts []string
	for _, node := range slices.Sorted(maps.Keys(p.ByNode)) {
		parts = append(parts, fmt.Sprintf("%d on node %d", p.ByNode[node], node))
	}
	if p.Absent > 0 {
		parts = append(parts, fmt.Sprintf("%d absent", p.Absent))
	}
	if p.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", p.Unknown))
	}
	if len(parts) == 0 {
		return "no pages"
	}
	return strings.Join(parts, ", ")
}
