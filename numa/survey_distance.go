package numa

import (
	"fmt"
	"strconv"
	"strings"
)

// Distances that Linux assumes without an ACPI SLIT (include/linux/topology.h),
// and the largest that a SLIT can hold.
const (
	LocalDistance  = 10
	RemoteDistance = 20
	maxDistance    = 255
)

// readDistances fills in the distance of every pair of nodes and mends what is
// missing or makes no sense.
func (s *survey) readDistances() {
	if len(s.nodes) == 1 && s.nodes[0].assumed {
		return
	}
	// A row has a number for each node that is online, in order; nodes without
	// a directory count.
	columns, err := s.sys.list(nodeDir + "/online")
	if err != nil || len(columns) == 0 {
		columns = nil
		for _, n := range s.nodes {
			columns = append(columns, n.id)
		}
	}
	for _, n := range s.nodes {
		row, err := s.distanceRow(n.id, len(columns))
		if err != nil {
			if len(s.nodes) > 1 {
				s.note("distances of Linux node %d: %v: others' or %d assumed", n.id, err, RemoteDistance)
			}
			continue
		}
		for i, d := range row {
			s.dist[[2]int{n.id, columns[i]}] = d
		}
	}
	s.mendDistances()
}

// distanceRow reads "10 21 31 21".
func (s *survey) distanceRow(node, columns int) ([]int, error) {
	text, err := s.sys.text(s.sys.nodeFile(node, "distance"))
	if err != nil {
		return nil, fmt.Errorf("no such file")
	}
	fields := strings.Fields(text)
	if len(fields) != columns {
		return nil, fmt.Errorf("%d numbers for %d nodes", len(fields), columns)
	}
	row := make([]int, len(fields))
	for i, f := range fields {
		d, err := strconv.Atoi(f)
		if err != nil || d < LocalDistance || d > maxDistance {
			return nil, fmt.Errorf("%s is no distance (%d to %d)", shorten(f), LocalDistance, maxDistance)
		}
		row[i] = d
	}
	return row, nil
}

// mendDistances makes a node 10 from itself and both directions of a pair
// equal, to the larger: a placement by distance should not hope.
func (s *survey) mendDistances() {
	for i, a := range s.nodes {
		if d, known := s.dist[[2]int{a.id, a.id}]; known && d != LocalDistance {
			s.note("Linux node %d is at distance %d from itself: %d assumed", a.id, d, LocalDistance)
		}
		s.dist[[2]int{a.id, a.id}] = LocalDistance
		for _, b := range s.nodes[i+1:] {
			there, back := [2]int{a.id, b.id}, [2]int{b.id, a.id}
			x, knownX := s.dist[there]
			y, knownY := s.dist[back]
			d := max(x, y)
			if knownX && knownY && x != y {
				s.note("distance of Linux nodes %d and %d is %d one way and %d the other: %d assumed", a.id, b.id, x, y, d)
			}
			if !knownX && !knownY {
				d = RemoteDistance
			}
			s.dist[there], s.dist[back] = d, d
		}
	}
}

// distance of two Linux nodes that the survey knows.
func (s *survey) distance(a, b int) int {
	if d, known := s.dist[[2]int{a, b}]; known {
		return d
	}
	if a == b {
		return LocalDistance
	}
	return RemoteDistance
}
