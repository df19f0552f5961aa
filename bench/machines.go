package bench

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// kernels is a machine of kernel processes, as `nrkern start` boots it, and
// what its threads do.
type kernels struct {
	name     string
	mode     node.Mode
	topology string
	logSlots int // 0 for the default
	window   int
	writes   float64
}

// withMachine boots a machine in a run directory of its own, and stops it when
// f returns.
func (s *Session) withMachine(k kernels, f func(*node.Machine) error) error {
	dir, err := os.MkdirTemp("", "nrbench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	c := node.DefaultConfig()
	c.Mode, c.Topology, c.RunDir, c.Hugepages = k.mode, k.topology, dir, transport.HugepagesOff
	if k.logSlots != 0 {
		c.LogSlots = k.logSlots
	}
	m, err := node.Boot(s.ctx, c, node.Hooks{})
	if err != nil {
		return fmt.Errorf("%w: boot %s: %w", ErrNotMeasured, k.topology, err)
	}
	return errors.Join(f(m), m.Stop(s.ctx))
}

// run is what a machine did in one bench.
type run struct {
	opsPerS     float64
	p9999, most time.Duration
	stolen      float64 // part of the CPUs' time that the host took, 0 to 1
	policy      transport.Policy
}

// bench boots a machine and runs its load for the session's Machines time.
func (s *Session) bench(k kernels) (r run, err error) {
	ask := node.DefaultBenchRequest()
	ask.WriteRatio, ask.Window, ask.Duration, ask.Warmup = k.writes, k.window, s.Machines, s.Machines/7
	ask.Keys = s.Keys
	return r, s.withMachine(k, func(m *node.Machine) error {
		before, err := numa.HostNoise()
		if err != nil {
			return err
		}
		got, err := m.Bench(s.ctx, ask)
		if err != nil {
			return err
		}
		if got.Failures > 0 {
			return fmt.Errorf("%w: %s", errWrongAnswer, got.FirstFailure)
		}
		after, err := numa.HostNoise()
		if err != nil {
			return err
		}
		all := workload.NewHistogram()
		for _, n := range got.ByNode {
			all.Merge(n.Latency)
		}
		r = run{got.OpsPerS, time.Duration(all.Quantile(0.9999)), time.Duration(got.LatencyMax), after.Since(before).All.StealRatio(), got.Policy}
		return nil
	})
}
