package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nrkern/nrkern/check"
)

// Soak is machines under load for long, with kernels that are killed and stopped,
// nodes that leave and come back, supervisors that are killed and others that take
// over. It goes round the machines, a round at a time, and judges each: what callers
// outside saw, a history of all nodes, the digests at rest. At the end it judges
// the memory of the processes.
type Soak struct {
	For  time.Duration
	Seed uint64
	// Start starts a machine, and Attach takes over one whose supervisor was killed;
	// both return when it runs. Without Attach supervisors are left alone.
	Start   func(ctx context.Context, c Config) (API, error)
	Attach  func(ctx context.Context, c Config) error
	Judging check.Options
	// Told is told how it goes, a line at a time; nil for nobody.
	Told func(text string)
}

// soakMachine is one of the machines of a soak.
type soakMachine struct {
	name   string
	config Config
	api    API
	ordeal Ordeal
	report *SoakMachine
	random *rand.Rand
	rounds int
	struck OrdealReport // counted over all rounds
	memory memoryLog
}

// soakMachines are the machines of a soak: with logs that are never full and always,
// one and several, as many kernels as CPUs and more.
func soakMachines(dir func(name string) string) []*soakMachine {
	all := []*soakMachine{
		{name: "one log", config: Config{Topology: "2x1"}},
		{name: "tiny log", config: Config{Topology: "3x1", LogSlots: 64, CPUs: 2}},
		{name: "four small logs", config: Config{Topology: "3x1", Logs: 4, LogSlots: 256, CPUs: 2}},
		{name: "crowded", config: Config{Topology: "6x1", Logs: 2, LogSlots: 1024, CPUs: 2}},
	}
	for i, m := range all {
		c := DefaultConfig()
		c.Topology, c.CPUs, c.RunDir = m.config.Topology, m.config.CPUs, dir(fmt.Sprint(i))
		if m.config.LogSlots != 0 {
			c.LogSlots = m.config.LogSlots
		}
		c.Logs = max(1, m.config.Logs)
		c.Strikes, c.Keep, c.StallBudget = true, true, 500*time.Millisecond
		m.config = c
	}
	return all
}

// Run soaks, in run directories that dir names. Machines that it started are stopped
// when it returns. The report is of what was done until an error, too.
func (s Soak) Run(ctx context.Context, dir func(name string) string) (r *SoakReport, err error) {
	r = &SoakReport{Judgement: check.OK, Seed: s.Seed, Machines: []*SoakMachine{}}
	began := time.Now()
	machines := soakMachines(dir)
	for i, m := range machines {
		if m.api, err = s.Start(ctx, m.config); err != nil {
			return r, fmt.Errorf("soak: %s: %w", m.name, err)
		}
		defer func() {
			r.Elapsed = time.Since(began)
			// Also when the caller has gone.
			patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			err = errors.Join(err, m.stop(patient))
		}()
		m.random = rand.New(rand.NewPCG(s.Seed, uint64(i)))
		m.ordeal = DefaultOrdeal()
		m.ordeal.Seed, m.ordeal.Judging = s.Seed<<8+uint64(i), s.Judging
		m.report = newSoakMachine(m)
		r.Machines = append(r.Machines, m.report)
	}
	r.Began = began
	for turn := 0; time.Since(began) < s.For || turn < len(machines); turn++ {
		m := machines[turn%len(machines)]
		err := s.round(ctx, m)
		if err != nil {
			return r, fmt.Errorf("soak: %s, round %d (seed %d): %w", m.name, m.rounds, s.Seed, err)
		}
		for _, m := range machines {
			if err := m.memory.sample(ctx, m.api, time.Since(began)); err != nil {
				return r, fmt.Errorf("soak: %s: %w", m.name, err)
			}
		}
		if r.worse(m) {
			return r, nil
		}
		if s.Told != nil {
			s.Told(fmt.Sprintf("%v of %v: %s", time.Since(began).Round(time.Second), s.For, m.report))
		}
	}
	for _, m := range machines {
		m.report.Memory = m.memory.judge(time.Since(began))
		r.worse(m)
	}
	return r, nil
}

// stop stops a machine, also one that is without a supervisor.
func (m *soakMachine) stop(ctx context.Context) error {
	err := m.api.Stop(ctx)
	if err == nil || errors.Is(err, ErrNotRunning) {
		if ended := EndKept(ctx, m.config.RunDir); ended != nil && !errors.Is(ended, ErrNotRunning) && !errors.Is(ended, ErrAlreadyRunning) {
			err = ended
		}
	}
	return err
}
