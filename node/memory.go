package node

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/numa"
)

// checkMemory refuses a segment of ordinary pages that a node has no room for.
// Without it Linux would look for room by killing processes: memory that is
// bound to one node is not taken from others.
func checkMemory(need map[int]uint64) error {
	for _, node := range slices.Sorted(maps.Keys(need)) {
		available, ok := availableOn(node)
		if ok && need[node] > available {
			return fmt.Errorf("%w: the segment wants %d MiB of Linux node %d, which has %d MiB available: ask for a smaller log or smaller rings, or free memory there",
				numa.ErrShortage, need[node]>>20, node, available>>20)
		}
	}
	return nil
}

// availableOn estimates what a Linux node can still give, in bytes: free
// memory, and file pages and slabs that can be dropped.
func availableOn(node int) (bytes uint64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/node/node%d/meminfo", node))
	if err != nil {
		return 0, false
	}
	return parseAvailable(string(text))
}

// parseAvailable reads lines such as "Node 0 MemFree: 7952892 kB".
func parseAvailable(meminfo string) (bytes uint64, ok bool) {
	for line := range strings.Lines(meminfo) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		switch f[2] {
		case "MemFree:", "Active(file):", "Inactive(file):", "SReclaimable:":
			kb, err := strconv.ParseUint(f[3], 10, 50)
			if err != nil {
				return 0, false
			}
			bytes += kb << 10
			ok = ok || f[2] == "MemFree:"
		}
	}
	return bytes, ok
}
