package node

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// checkMemory refuses what a node has no room for: need is by Linux node, in
// bytes. Without it Linux would look for room by killing processes: memory that
// is bound to one node is not taken from others.
func checkMemory(need map[int]uint64, what, remedy string) error {
	for _, node := range slices.Sorted(maps.Keys(need)) {
		available, ok := availableOn(node)
		if ok && need[node] > available {
			return fmt.Errorf("%w: %s %d MiB of Linux node %d, which has %d MiB available: %s, or free memory there",
				numa.ErrShortage, what, need[node]>>20, node, available>>20, remedy)
		}
	}
	return nil
}

// wordBytes is the memory that a key with a word takes at least: its slot, in
// tables that are not full.
const wordBytes = 20

// prefillNeed returns what the keys of a workload take at least, by Linux node,
// on a machine whose kernels are at these places.
func prefillNeed(mode Mode, at []place, s workload.Spec) map[int]uint64 {
	state := s.Keys * uint64(wordBytes+s.ValueBytes)
	if mode == ModeMultikernel { // each holds a part; under nr, a copy
		state /= uint64(len(at))
	}
	need := map[int]uint64{}
	for _, p := range at {
		for _, node := range p.Memory.Nodes { // several: interleaved
			need[node] += state / uint64(len(p.Memory.Nodes))
		}
	}
	return need
}

// checkPrefill refuses keys that the nodes have no room for, beyond what the
// kernels hold already. It counts what is certain to be needed: with a little
// more than that Linux may still run out.
func (m *Machine) checkPrefill(s workload.Spec) error {
	if !s.Prefill {
		return nil
	}
	var at []place
	held := map[int]int{}
	for _, c := range m.children() {
		if m.isRemoved(c.number) {
			continue
		}
		at = append(at, c.at)
		pages, err := heapPages(c.process.Pid)
		if err != nil {
			return nil // this Linux does not tell; it may well be enough
		}
		for node, n := range pages {
			held[node] += n
		}
	}
	need := prefillNeed(m.config.Mode, at, s)
	for node := range need {
		need[node] -= min(need[node], uint64(held[node])*ordinaryPage)
	}
	return checkMemory(need, "the keys take", "ask for fewer keys or shorter values (--keys, --value-bytes)")
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
