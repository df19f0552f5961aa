package tracing

import (
	"time"

	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/kernelview"
	"github.com/nrkern/nrkern/tracing/probe"
)

// base is how everything stood when the interval began. All that a report says
// is of the interval.
type base struct {
	began    time.Time
	counters []counter.Count
	links    []counter.LinkCount
	activity []kernelview.Event
	lost     probe.Lost
	unplaced uint64
	cost     programs
}

// programs is what BPF programs took: those of the probe sites, and the others,
// which run for every process of Linux.
type programs struct {
	sites, others probe.Cost
}

func (p programs) since(b programs) programs {
	return programs{p.sites.Since(b.sites), p.others.Since(b.others)}
}

// Restart makes the interval begin now.
func (s *Session) Restart() error {
	var b base
	if s.tracer != nil {
		if err := s.tracer.Reset(); err != nil {
			return err
		}
		seen, err := s.tracer.Read()
		if err != nil {
			return err
		}
		b.lost = seen.Lost
	}
	if s.sampler != nil {
		if err := s.sampler.Reset(); err != nil {
			return err
		}
	}
	if s.view != nil {
		var err error
		if b.activity, err = s.view.Read(); err != nil {
			return err
		}
		if b.unplaced, err = s.view.Unplaced(); err != nil {
			return err
		}
	}
	var err error
	if b.cost, err = s.programs(); err != nil {
		return err
	}
	b.began = time.Now()
	b.counters, b.links = s.set.Read(), s.links.Read()
	s.base = b
	return nil
}

// programs returns what the programs took since they were attached.
func (s *Session) programs() (p programs, err error) {
	if s.tracer != nil {
		if p.sites, err = s.tracer.Cost(); err != nil {
			return p, err
		}
	}
	if s.view != nil {
		for _, program := range s.view.Programs() {
			if _, err := p.others.Add(program); err != nil {
				return p, err
			}
		}
	}
	if s.sampler != nil {
		if _, err := p.others.Add(s.sampler.Program()); err != nil {
			return p, err
		}
	}
	return p, nil
}

// reportCost fills in what looking took. A hit of a site takes what its program
// takes and the trap: half of what an empty pair took.
func (s *Session) reportCost(r *Report) error {
	now, err := s.programs()
	if err != nil {
		return err
	}
	took := now.since(s.base.cost)
	c := &r.Cost
	c.Every = max(s.options.Every, 1)
	if s.tracer != nil {
		c.EmptyPair = &s.empty
	}
	s.reportShare(r)
	if s.statsErr != nil {
		c.Reason = reasonOf(s.statsErr)
		return nil
	}
	runs, runtime := took.sites.Runs+took.others.Runs, took.sites.Runtime+took.others.Runtime
	c.Runs, c.Runtime = &runs, &runtime
	c.LinuxRuns, c.LinuxRuntime = &took.others.Runs, &took.others.Runtime
	c.PerRun = per(float64(runtime), runs)
	return nil
}

// reportShare fills in the part of the machine's time that probes took.
func (s *Session) reportShare(r *Report) {
	if s.tracer == nil {
		return
	}
	hits := uint64(0)
	for _, p := range r.Sites {
		hits += p.Hits
	}
	for _, n := range r.Counters {
		if n.Event == "task-clock" && n.Total != nil && *n.Total > 0 {
			share := float64(hits) * float64(s.empty) / 2 / *n.Total
			r.Cost.Share = &share
		}
	}
}
