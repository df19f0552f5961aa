package numa

import (
	"fmt"
	"slices"
)

// readNodes finds the Linux nodes and the CPUs on each.
func (s *survey) readNodes() {
	dirs := s.sys.numbered(nodeDir, "node")
	ids, err := s.sys.list(nodeDir + "/online")
	if err != nil || len(ids) == 0 {
		ids = dirs
		if len(dirs) > 0 {
			s.note("/sys/%s/online is missing or damaged: %s taken from the directories", nodeDir, describeNodes(dirs))
		}
	}
	for _, id := range ids {
		if !slices.Contains(dirs, id) {
			s.note("Linux node %d is said to be online but has no directory: ignored", id)
			continue
		}
		s.nodes = append(s.nodes, &surveyNode{id: id})
	}
	if len(s.nodes) == 0 {
		s.assumeOneNode()
		return
	}
	for _, n := range s.nodes {
		s.readNodeCPUs(n)
	}
}

// assumeOneNode is for kernels without NUMA and broken machines.
func (s *survey) assumeOneNode() {
	s.note("/sys/%s has no node: one node with all CPUs assumed", nodeDir)
	n := &surveyNode{assumed: true}
	s.nodes = []*surveyNode{n}
	for c := range s.online {
		c.Node = n.id
		n.cpus = append(n.cpus, c.ID)
	}
}

// readNodeCPUs puts CPUs on the node that lists them; the first to do so wins.
func (s *survey) readNodeCPUs(n *surveyNode) {
	list, err := s.sys.list(s.sys.nodeFile(n.id, "cpulist"))
	if err != nil {
		s.note("CPU list of Linux node %d is missing or damaged: its CPUs are looked for elsewhere", n.id)
		n.lost = true
		return
	}
	var unknown, claimed []int
	for _, id := range list {
		c := s.at[id]
		switch {
		case c == nil || !c.Online:
			unknown = append(unknown, id)
		case c.Node >= 0:
			claimed = append(claimed, id)
		default:
			c.Node = n.id
			n.cpus = append(n.cpus, id)
		}
	}
	if len(unknown) > 0 {
		s.note("Linux node %d lists %s, not online: ignored", n.id, describeCPUs(unknown))
	}
	if len(claimed) > 0 {
		s.note("Linux node %d lists %s of another node: left there", n.id, describeCPUs(claimed))
	}
}

// adoptOrphans finds a node for each CPU that no node lists: the one its own
// directory links to, else that of most CPUs of its socket, else the only one
// whose list is lost, else the first with CPUs.
func (s *survey) adoptOrphans() {
	orphans := map[*surveyNode][]int{}
	for c := range s.online {
		if c.Node < 0 {
			n := s.nodeOfOrphan(c)
			orphans[n] = append(orphans[n], c.ID)
		}
	}
	for _, n := range s.nodes {
		list := orphans[n]
		if len(list) == 0 {
			continue
		}
		for _, id := range list {
			s.at[id].Node = n.id
		}
		n.cpus = distinct(slices.Concat(n.cpus, list))
		s.note("%s in no node: put on Linux node %d", describeCPUs(list), n.id)
	}
}

func (s *survey) nodeOfOrphan(c *CPU) *surveyNode {
	for _, id := range s.sys.numbered(fmt.Sprintf("%s/cpu%d", cpuDir, c.ID), "node") {
		for _, n := range s.nodes {
			if n.id == id {
				return n
			}
		}
	}
	lost := 0
	for _, n := range s.nodes {
		if n.lost {
			lost++
		}
	}
	// liking is lexicographic: MaxFunc keeps the first of equals.
	liking := func(n *surveyNode) []int {
		sharing := 0
		for _, id := range n.cpus {
			if s.at[id].Package == c.Package {
				sharing++
			}
		}
		onlyLost := 0
		if n.lost && lost == 1 {
			onlyLost = 1
		}
		return []int{sharing, onlyLost, min(1, len(n.cpus))}
	}
	return slices.MaxFunc(s.nodes, func(a, b *surveyNode) int { return slices.Compare(liking(a), liking(b)) })
}
