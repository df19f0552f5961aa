package numa

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (s sysfs) nodeFile(id int, name string) string {
	return fmt.Sprintf("%s/node%d/%s", nodeDir, id, name)
}

// readMemory finds how much memory each node has. One that sysfs says nothing
// about has some if the node is in the list of those with memory, or if sysfs
// says nothing about any.
func (s *survey) readMemory() {
	var unknown []*surveyNode
	for _, n := range s.nodes {
		if n.assumed {
			n.hasMemory = true
			continue
		}
		text, err := s.sys.text(s.sys.nodeFile(n.id, "meminfo"))
		total, found := meminfo(text, "MemTotal")
		if err != nil || !found {
			unknown = append(unknown, n)
			continue
		}
		n.memTotal = total
		n.memFree, _ = meminfo(text, "MemFree")
		n.memFree = min(n.memFree, n.memTotal)
		n.hasMemory = n.memTotal > 0
	}
	if len(unknown) == 0 {
		return
	}
	list, err := s.sys.list(nodeDir + "/has_memory")
	if err != nil {
		list, err = s.sys.list(nodeDir + "/has_normal_memory")
	}
	var ids []int
	for _, n := range unknown {
		n.hasMemory = err != nil || slices.Contains(list, n.id)
		ids = append(ids, n.id)
	}
	s.note("size of memory unknown on Linux %s", describeNodes(ids))
}

// meminfo reads the bytes of a field from lines "Node 0 MemTotal: 4810964 kB".
func meminfo(text, field string) (uint64, bool) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		for i, w := range words {
			if w != field+":" || i+1 >= len(words) {
				continue
			}
			kb, err := strconv.ParseUint(words[i+1], 10, 44) // 16 PiB at most
			return kb << 10, err == nil
		}
	}
	return 0, false
}
