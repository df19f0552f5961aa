package node

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/nrkern/nrkern/tracing/site"
)

// Sites is what a tracer needs to attach to a machine: its kernel processes,
// and where the probe sites are in their program.
type Sites struct {
	Mode    Mode           `json:"mode"`
	Nodes   int            `json:"nodes"`
	Kernels []TracedKernel `json:"kernels"`
	Places  []site.Place   `json:"places"`
	// Every is one in how many pass the probes of sampled sites.
	Every uint64 `json:"every"`
}

// TracedKernel is a process with probe sites.
type TracedKernel struct {
	// Node is the node whose threads it runs, -1 for all.
	Node int   `json:"node"`
	PID  int   `json:"pid"`
	CPUs []int `json:"cpus"` // it may run on
}

// SitesRequest asks for the sites.
type SitesRequest struct {
	// Every makes one in so many pass the probes of sampled sites, from now
	// on: a power of two. 0 leaves it as it is.
	Every uint64 `json:"every"`
}

// Sites tells where the probe sites of the machine are. All its processes run
// the program of this one.
func (m *Machine) Sites(ctx context.Context, ask SitesRequest) (*Sites, error) {
	leave, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if n := ask.Every; n&(n-1) != 0 {
		return nil, usagef("one in %d calls: want a power of two", n)
	}
	s := &Sites{Mode: m.config.Mode, Nodes: len(m.topology.Nodes)}
	if s.Places, err = site.Places(); err != nil {
		return nil, err
	}
	kernels := slices.DeleteFunc(m.children(), func(k *child) bool { return m.isRemoved(k.number) })
	answers := make([]sitesAnswer, len(kernels))
	errs := make([]error, len(kernels))
	var calls sync.WaitGroup
	for i, k := range kernels {
		calls.Go(func() { errs[i] = m.ask(ctx, k, "Sites", ask, &answers[i]) })
	}
	calls.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i, k := range kernels {
		s.Kernels = append(s.Kernels, TracedKernel{Node: m.nodeOf(k), PID: k.process.Pid, CPUs: k.at.CPUs})
		s.Every = answers[i].Every
	}
	return s, nil
}

type sitesAnswer struct {
	reply
	Every uint64
}

// sites sets how many calls pass the probes of this process.
func (k *kernelProcess) sites(ask SitesRequest, a *sitesAnswer) error {
	if ask.Every != 0 {
		site.SetEvery(ask.Every)
	}
	a.Every = site.Every()
	return nil
}
