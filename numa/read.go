package numa

import (
	"fmt"
	"io/fs"
	"slices"
)

// survey is what sysfs says, being mended into a Topology. The steps that fill
// it are in survey_*.go, and each leaves it consistent for the next.
type survey struct {
	sys   sysfs
	lim   Limits
	cpus  []CPU          // by ascending number
	at    map[int]*CPU   // by number
	nodes []*surveyNode  // those with a directory, by ascending number
	dist  map[[2]int]int // SLIT distance from the first Linux node to the second
	notes []string
}

// surveyNode is a Linux node.
type surveyNode struct {
	id                int
	cpus              []int // online
	hasMemory         bool
	memTotal, memFree uint64 // bytes
	assumed           bool   // sysfs has no node directory
	lost              bool   // its CPU list is missing or damaged
}

func (s *survey) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// Read makes the topology of a machine from its sysfs (the root of fs is /sys)
// and what the caller may use of it. It has no other input, so that a recorded
// tree gives the same topology anywhere.
//
// What sysfs lacks or contradicts is mended where that is sane, and each
// correction is a Note; otherwise the error is an ErrNoTopology. These are:
// no readable list of CPUs at all, and no CPU that is both online and allowed.
func Read(sys fs.FS, lim Limits) (*Topology, error) {
	s := &survey{sys: sysfs{sys}, lim: lim, at: map[int]*CPU{}, dist: map[[2]int]int{}}
	if err := s.readCPUs(); err != nil {
		return nil, err
	}
	s.readNodes()
	s.readPackages()
	s.adoptOrphans()
	s.readCores()
	s.readL3s()
	s.readMemory()
	s.readDistances()
	if err := s.applyLimits(); err != nil {
		return nil, err
	}
	t := &Topology{Nodes: s.runtimeNodes(), CPUs: s.cpus}
	t.Notes = s.notes
	if t.Notes == nil {
		t.Notes = []string{}
	}
	return t, nil
}

// applyLimits marks the CPUs that the caller may use.
func (s *survey) applyLimits() error {
	var online, refused []int
	for i := range s.cpus {
		c := &s.cpus[i]
		c.Allowed = s.lim.CPUs == nil || slices.Contains(s.lim.CPUs, c.ID)
		if !c.Online {
			continue
		}
		online = append(online, c.ID)
		if !c.Allowed {
			refused = append(refused, c.ID)
		}
	}
	if len(refused) == len(online) {
		return fmt.Errorf("numa: %w: CPUs %s are online, but this process may use only %s; widen its affinity or cpuset",
			ErrNoTopology, FormatList(online), describeCPUs(s.lim.CPUs))
	}
	if len(refused) > 0 {
		s.note("affinity or cpuset forbids %s of %s online: not used", describeCPUs(refused), FormatList(online))
	}
	return nil
}

// runtimeNodes numbers the Linux nodes that threads can run on.
func (s *survey) runtimeNodes() []Node {
	var nodes []Node
	for _, n := range s.nodes {
		var usable []CPU
		for _, id := range n.cpus {
			if c := s.at[id]; c.Usable() {
				usable = append(usable, *c)
			}
		}
		if len(usable) == 0 {
			s.noteUnused(n)
			continue
		}
		memory := s.memoryFor(n)
		nodes = append(nodes, Node{
			ID: len(nodes), Physical: n.id, Memory: memory.id,
			Package: usable[0].Package, Cores: coresFirst(usable),
			MemTotal: memory.memTotal, MemFree: memory.memFree,
		})
	}
	for i := range nodes {
		if nodes[i].ID != nodes[i].Physical {
			s.note("Linux node %d is node %d here: nodes are numbered without holes", nodes[i].Physical, nodes[i].ID)
		}
		for j := range nodes {
			nodes[i].Distance = append(nodes[i].Distance, s.distance(nodes[i].Physical, nodes[j].Physical))
		}
	}
	return nodes
}

func (s *survey) noteUnused(n *surveyNode) {
	switch {
	case len(n.cpus) > 0:
		s.note("Linux node %d (%s) is outside the caller's affinity or cpuset: not used", n.id, describeCPUs(n.cpus))
	case n.hasMemory:
		s.note("Linux node %d has %s of memory but no CPU online (CXL or similar): not a node of the runtime", n.id, formatBytes(n.memTotal))
	default:
		s.note("Linux node %d has neither CPU online nor memory: not used", n.id)
	}
}

// memoryFor chooses the node that a node's memory comes from: itself, or the
// nearest one with memory that the caller may use.
func (s *survey) memoryFor(n *surveyNode) *surveyNode {
	allowed := func(m *surveyNode) bool {
		return m.hasMemory && (s.lim.Mems == nil || slices.Contains(s.lim.Mems, m.id))
	}
	if allowed(n) {
		return n
	}
	var nearest *surveyNode
	for _, m := range s.nodes {
		if allowed(m) && (nearest == nil || s.distance(n.id, m.id) < s.distance(n.id, nearest.id)) {
			nearest = m
		}
	}
	why := "has no memory"
	if n.hasMemory {
		why = "has memory that the cpuset forbids"
	}
	if nearest == nil {
		s.note("Linux node %d %s, and no other has any: its own is tried", n.id, why)
		return n
	}
	s.note("Linux node %d %s: it takes memory from Linux node %d, the nearest (distance %d)", n.id, why, nearest.id, s.distance(n.id, nearest.id))
	return nearest
}
