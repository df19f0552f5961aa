package bench

import (
	"context"
	"runtime"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// Machine is what a table was measured on, and who else was there.
type Machine struct {
	CPU      string `json:"cpu"`
	Kernel   string `json:"kernel"`
	Go       string `json:"go"`
	Compiler string `json:"compiler"` // of the reference; empty without one
	Clock    string `json:"clock"`
	CPUs     []int  `json:"cpus"` // those measured on
	// Load1Before and Load1After are load averages over a minute; the run
	// itself adds up to 2 to the second.
	Load1Before float64 `json:"load_1min_before"`
	Load1After  float64 `json:"load_1min_after"`
	// StealRatio is the part of the run in which the host had the CPUs.
	StealRatio float64 `json:"steal_ratio"`
	BusyRatio  float64 `json:"busy_ratio"`
	// Placements counts the series by placement.
	Placements map[Placement]int `json:"placements"`
}

// Describe returns the machine of a session whose run began at a reading of
// the noise.
func (s *Session) Describe(before numa.Noise) (Machine, error) {
	after, err := numa.HostNoise()
	if err != nil {
		return Machine{}, err
	}
	diff := after.Since(before)
	m := Machine{
		CPU: numa.CPUModel(), Kernel: kernelRelease(), Go: runtime.Version(), Clock: workload.ProcessClock().Source(), CPUs: s.both(),
		Load1Before: before.Load1, Load1After: after.Load1,
		StealRatio: diff.All.StealRatio(), BusyRatio: diff.All.BusyRatio(), Placements: map[Placement]int{},
	}
	if s.c != nil {
		if _, version, err := findCompiler(context.Background()); err == nil {
			m.Compiler = version
		}
	}
	for _, one := range s.series {
		m.Placements[one.Placement]++
	}
	return m, nil
}

func kernelRelease() string {
	release, err := numa.Kernel()
	if err != nil {
		return "unknown"
	}
	return release.String()
}
