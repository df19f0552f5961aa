//go:build !nrkern_nohook

package simulate

import (
	"testing"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// BenchmarkCount reports the simulated accesses a second of machines that count:
// at least three million are wanted on one CPU.
func BenchmarkCount(b *testing.B) {
	for _, structure := range []string{"nr", "multikernel", "biglock-mcs"} {
		b.Run(structure, func(b *testing.B) {
			load := workload.Default()
			load.WriteRatio, load.Keys = 50, 1000
			accesses := uint64(0)
			for b.Loop() {
				c, err := Count{Structure: structure, Topology: numa.Spec{Nodes: 4, Cores: 2}, Workload: load, Operations: 100_000}.Run()
				if err != nil {
					b.Fatal(err)
				}
				accesses += 2 * c.Accesses
			}
			b.ReportMetric(float64(accesses)/b.Elapsed().Seconds(), "accesses/s")
		})
	}
}

// BenchmarkSearch reports the same of machines that search, whose steps do more.
func BenchmarkSearch(b *testing.B) {
	for _, structure := range []string{"nr", "multikernel"} {
		b.Run(structure, func(b *testing.B) {
			steps := uint64(0)
			for b.Loop() {
				r, err := Search{Scenario: Scenario{Structure: structure}, Strategy: Mixed, Seed: 1, Schedules: 500}.Run(b.Context())
				if err != nil || r.Found != nil {
					b.Fatal(err, r.Found)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "accesses/s")
		})
	}
}
