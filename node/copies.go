package node

import (
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/numa"
)

// placements returns the placement of each service: the configuration names
// one for all, or some services with theirs, and the others are partitioned.
func (c Config) placements() (map[kernel.ServiceID]multikernel.Placement, error) {
	all := map[kernel.ServiceID]multikernel.Placement{}
	named := map[string]kernel.ServiceID{}
	for _, d := range Services() {
		all[d.ID], named[d.Name] = multikernel.Partitioned, d.ID
	}
	for _, part := range strings.Split(c.Placement, ",") {
		name, word, each := strings.Cut(part, "=")
		if !each {
			word = part
		}
		p, err := multikernel.ParsePlacement(word)
		if err != nil {
			return nil, fmt.Errorf("%w: %w, for all services or as in kv=replicated", ErrUsage, err)
		}
		id, known := named[name]
		switch {
		case each && !known:
			return nil, usagef("placement %q: no service %q: there are %s", part, name, strings.Join(serviceNames(), ", "))
		case each:
			all[id] = p
		default:
			for id := range all {
				all[id] = p
			}
		}
	}
	return all, nil
}

// replicated returns the services of which every kernel has a copy.
func (c Config) replicated() ([]kernel.ServiceID, error) {
	all, err := c.placements()
	if err != nil {
		return nil, err
	}
	var ids []kernel.ServiceID
	for _, d := range Services() {
		if all[d.ID] == multikernel.Replicated {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}

// Copies reports whether every kernel of the machine has a copy of the state of
// every service, which can be compared: in NR, and where all services of the
// multikernel are replicated.
func (c Config) Copies() bool {
	if c.Mode == ModeNR {
		return true
	}
	replicated, err := c.replicated()
	return c.Mode == ModeMultikernel && err == nil && len(replicated) == len(Services())
}

// Replicating reports whether some service of a multikernel is replicated.
func (c Config) Replicating() bool {
	replicated, err := c.replicated()
	return c.Mode == ModeMultikernel && err == nil && len(replicated) > 0
}

// RouteText shows the tree from node 0 on a topology.
func (c Config) RouteText(t *numa.Topology) string {
	return shapeOf(t).Route(c.TreeOf(t), 0, nil).Describe(0)
}

// Structure names the structure and its variant as tables do: nr, nr/4-logs,
// multikernel/partitioned, biglock/mcs.
func (c Config) Structure() string {
	switch c.Mode {
	case ModeNR:
		if c.Logs > 1 {
			return fmt.Sprintf("%s/%d-logs", ModeNR, c.Logs)
		}
	case ModeMultikernel:
		return string(ModeMultikernel) + "/" + c.Placement
	case ModeBigLock:
		return string(ModeBigLock) + "/" + c.Lock
	}
	return string(c.Mode)
}

// shapeOf returns what the trees of agreements know of a topology.
func shapeOf(t *numa.Topology) multikernel.Shape {
	s := multikernel.Shape{}
	for _, n := range t.Nodes {
		s.Packages = append(s.Packages, n.Package)
		s.Latency = append(s.Latency, n.Distance)
	}
	return s
}

// TreeOf returns the tree that agreements travel by on a topology.
func (c Config) TreeOf(t *numa.Topology) multikernel.Tree {
	if c.Tree != "" {
		return c.Tree
	}
	return shapeOf(t).Best()
}
