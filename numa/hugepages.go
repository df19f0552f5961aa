package numa

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// HugePageSize is the hugepage of the segment, in bytes: the 2 MiB that every
// x86-64 has.
const HugePageSize = 2 << 20

// Pool is the hugepages of one size on one Linux node.
type Pool struct {
	Node     int    `json:"node"` // Linux node
	PageSize uint64 `json:"page_size_bytes"`
	Total    uint64 `json:"total_pages"` // surplus included
	// Free pages are not in use, but may be promised to a mapping that has not
	// touched them yet: see Promised.
	Free uint64 `json:"free_pages"`
	// Surplus pages are above what was reserved and vanish when freed.
	Surplus uint64 `json:"surplus_pages"`
}

const (
	nodeDir          = "devices/system/node"
	machinePoolDir   = "kernel/mm/hugepages"
	hugepagesPrefix  = "hugepages-"
	hugepagesKBytes  = "kB"
	totalHugepages   = "nr_hugepages"
	freeHugepages    = "free_hugepages"
	surplusHugepages = "surplus_hugepages"
)

// Pools gives the hugepage pools of this machine: see ReadPools.
func Pools() ([]Pool, error) { return ReadPools(os.DirFS("/sys")) }

// ReadPools gives the hugepage pools of every node, by node and size. A kernel
// without NUMA has one pool a size, shown as node 0; one without hugepages is
// an ErrNotSupported.
func ReadPools(sys fs.FS) ([]Pool, error) {
	s := sysfs{sys}
	var pools []Pool
	for _, node := range s.numbered(nodeDir, "node") {
		found, err := s.pools(node, fmt.Sprintf("%s/node%d/hugepages", nodeDir, node))
		if err != nil {
			return nil, err
		}
		pools = append(pools, found...)
	}
	if len(pools) > 0 {
		return pools, nil
	}
	pools, err := s.pools(0, machinePoolDir)
	if err != nil {
		return nil, err
	}
	if len(pools) == 0 {
		return nil, fmt.Errorf("numa: hugepages: %w: no pool under /sys/%s; use a kernel with CONFIG_HUGETLBFS, or --hugepages=off", ErrNotSupported, machinePoolDir)
	}
	return pools, nil
}

// pools reads the directories hugepages-2048kB below dir.
func (s sysfs) pools(node int, dir string) ([]Pool, error) {
	entries, err := fs.ReadDir(s.FS, dir)
	if err != nil {
		return nil, nil // this kernel has none here
	}
	var pools []Pool
	for _, e := range entries {
		size, ok := poolSize(e.Name())
		if !ok {
			continue
		}
		p := Pool{Node: node, PageSize: size}
		for _, f := range []struct {
			name string
			to   *uint64
		}{{totalHugepages, &p.Total}, {freeHugepages, &p.Free}, {surplusHugepages, &p.Surplus}} {
			if *f.to, err = s.count(dir + "/" + e.Name() + "/" + f.name); err != nil {
				return nil, fmt.Errorf("numa: hugepages of node %d: %w", node, err)
			}
		}
		pools = append(pools, p)
	}
	slices.SortFunc(pools, func(a, b Pool) int { return cmp.Compare(a.PageSize, b.PageSize) })
	return pools, nil
}

// poolSize reads the bytes from "hugepages-2048kB".
func poolSize(name string) (uint64, bool) {
	rest, ok := strings.CutPrefix(name, hugepagesPrefix)
	if !ok {
		return 0, false
	}
	kb, ok := strings.CutSuffix(rest, hugepagesKBytes)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(kb, 10, 32)
	return n << 10, err == nil && n > 0
}

func (s sysfs) count(path string) (uint64, error) {
	text, err := s.text(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("/sys/%s holds %s, not a number of pages", path, shorten(text))
	}
	return n, nil
}

// Promised gives how many free pages of a size the machine has promised to
// mappings that have not touched them. Linux counts promises for the machine,
// not by node: a new mapping gets at most the free pages minus these.
func Promised(pageSize uint64) (uint64, error) { return readPromised(os.DirFS("/sys"), pageSize) }

func readPromised(sys fs.FS, pageSize uint64) (uint64, error) {
	path := fmt.Sprintf("%s/%s%d%s/resv_hugepages", machinePoolDir, hugepagesPrefix, pageSize>>10, hugepagesKBytes)
	n, err := sysfs{sys}.count(path)
	if err != nil {
		return 0, fmt.Errorf("numa: hugepages promised: %w: %w", ErrNotSupported, err)
	}
	return n, nil
}

// reserveCommand is the shell command that reserves 2 MiB pages on a node.
func reserveCommand(node, pages string) string {
	return fmt.Sprintf("as root: echo %s > /sys/%s/node%s/hugepages/hugepages-2048kB/nr_hugepages", pages, nodeDir, node)
}
