//go:build !nrkern_nohook

package simulate

// Counts is what a Count found, in steps and in cache lines, for the operations
// after the warm-up.
type Counts struct {
	Structure  string  `json:"structure"`
	WriteRatio float64 `json:"write_ratio_percent"`
	Operations uint64  `json:"operations"`
	// Steps is the time that passed, in which every core makes an access a step;

	Steps         uint64  `json:"steps"`
	Accesses      uint64  `json:"accesses"`
	OpsPerKSteps  float64 `json:"ops_per_1000_steps"`
	AccessesPerOp float64 `json:"accesses_per_op"`
	PerOp
	// ObservedPerOp is the hand-overs that the structure itself observed: at most
	// as many.
	ObservedPerOp float64 `json:"observed_handovers_per_op"`
	// Regions are by what lines are for, and there by what was done to them.
	// What nothing was done to is left out.
	Regions []RegionCounts `json:"regions"`
}

// PerOp is how the accesses of an operation were served: from the core's own
// cache, another of the node, another node's, or memory.
type PerOp struct {
	Hits      float64 `json:"hits_per_op"`
	SameNode  float64 `json:"same_node_transfers_per_op"`
	CrossNode float64 `json:"cross_node_transfers_per_op"`
	Memory    float64 `json:"from_memory_per_op"`
	// HandOvers are those of the transfers between nodes that hand the line to a
	// node which did not have it last.
	HandOvers float64 `json:"handovers_per_op"`
}

// RegionCounts are the accesses to the lines of a region.
type RegionCounts struct {
	Region string `json:"region"`
	PerOp
	Accesses []AccessCounts `json:"accesses"`
}

// AccessCounts are the accesses of one kind.
type AccessCounts struct {
	Access string `json:"access"`
	PerOp
}

func (t *tally) perOp(operations float64) PerOp {
	return PerOp{
		Hits:      float64(t.served[servedHit]) / operations,
		SameNode:  float64(t.served[servedSameNode]) / operations,
		CrossNode: float64(t.served[servedCrossNode]) / operations,
		Memory:    float64(t.served[servedColdLocal]+t.served[servedColdRemote]) / operations,
		HandOvers: float64(t.handovers) / operations,
	}
}

func (t *tally) add(other *tally) {
	for s := range t.served {
		t.served[s] += other.served[s]
	}
	t.handovers += other.handovers
}

// since returns what was counted after an earlier reading.
func (c *counts) since(before *counts) counts {
	d := *c
	for r := range d {
		for a := range d[r] {
			t, b := &d[r][a], &before[r][a]
			for s := range t.served {
				t.served[s] -= b.served[s]
			}
			t.handovers -= b.handovers
		}
	}
	return d
}

// counts words what was counted between the two readings.
func (r *counting) counts() *Counts {
	moved := r.to.counts.since(&r.from.counts)
	ops := float64(r.Operations)
	c := &Counts{
		Structure: r.Structure, WriteRatio: r.Workload.WriteRatio, Operations: r.Operations,
		Steps: r.to.time - r.from.time, Regions: []RegionCounts{},
	}
	c.OpsPerKSteps = 1000 * ops / float64(max(c.Steps, 1))
	observed := r.to.traffic.Sub(r.from.traffic)
	c.ObservedPerOp = float64(observed.HandOvers()) / ops
	var all tally
	for region := range moved {
		rc, whole := RegionCounts{Region: Region(region).String(), Accesses: []AccessCounts{}}, tally{}
		for a := range moved[region] {
			if t := &moved[region][a]; *t != (tally{}) {
				whole.add(t)
				rc.Accesses = append(rc.Accesses, AccessCounts{accessNames[a], t.perOp(ops)})
			}
		}
		if len(rc.Accesses) > 0 {
			rc.PerOp = whole.perOp(ops)
			all.add(&whole)
			c.Regions = append(c.Regions, rc)
		}
	}
	c.PerOp = all.perOp(ops)
	for _, n := range all.served {
		c.Accesses += n
	}
	c.AccessesPerOp = float64(c.Accesses) / ops
	return c
}
