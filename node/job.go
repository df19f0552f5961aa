package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// A job is threads on every node that do something together: a bench, a
// recording, a probe. Each kernel process runs the threads of its nodes, on
// CPUs of their own as long as there are enough; a gate in the segment starts
// and stops all of them.

// crew describes the threads of a job: so many a node, each with a port of a
// window.
type crew struct {
	threads, window int
}

// member is one thread of a job.
type member struct {
	node   int
	thread int // of the node
	number int // of the machine, counted from 0 over nodes and their threads
	of     int // threads of the machine
	port   kernel.Port
}

// work is what the threads of a node do, and what came of it.
type work interface {
	// run is called once by each thread, by several at a time.
	run(m member) error
	// stop ends the work of all nodes' threads: one of them cannot go on.
	stop()
	// result puts what the node's threads did into the answer.
	result(a *nodeAnswer)
}

var errNoJob = errors.New("a job without a request")

// crew returns the threads that a job wants.
func (ask jobAsk) crew() (crew, error) {
	switch {
	case ask.Bench != nil:
		return crew{ask.Bench.ThreadsPerNode, ask.Bench.Window}, nil
	case ask.Record != nil:
		return crew{ask.Record.ClientsPerNode, ask.Record.Window}, nil
	case ask.Probe != nil:
		return crew{ask.Probe.ReadersPerNode + ask.Probe.WritersPerNode, max(ask.Probe.ReadWindow, ask.Probe.WriteWindow)}, nil
	}
	return crew{}, errNoJob
}

// work returns what the threads of one node do.
func (ask jobAsk) work(k *kernelProcess, r *running) (work, error) {
	gate := r.gates[ask.Gate]
	switch {
	case ask.Bench != nil:
		return &benching{spec: ask.Bench.Spec, k: k, gate: gate}, nil
	case ask.Record != nil:
		return &recording{spec: ask.Record.HistorySpec, k: k, gate: gate}, nil
	case ask.Probe != nil:
		words, err := probeWords(r.segment)
		if err != nil {
			return nil, err
		}
		return &probing{spec: ask.Probe.ProbeSpec, writers: ask.Probe.WritersPerNode, words: words, k: k}, nil
	}
	return nil, errNoJob
}

// job runs a job's threads on the nodes of this process.
func (k *kernelProcess) job(ask jobAsk, a *jobAnswer) error {
	r, err := k.running()
	if err != nil {
		return err
	}
	if ask.Gate < 0 || ask.Gate >= len(r.gates) {
		return fmt.Errorf("gate %d of %d", ask.Gate, len(r.gates))
	}
	gate := r.gates[ask.Gate]
	c, err := ask.crew()
	if err != nil {
		return err
	}
	works := make([]work, len(r.nodes))
	for i := range works {
		if works[i], err = ask.work(k, r); err != nil {
			return err
		}
	}
	provideProcessors(c.threads * len(r.nodes))
	defer provideProcessors(1)

	a.Nodes = make([]nodeAnswer, len(r.nodes))
	errs := make([]error, len(r.nodes))
	var nodes sync.WaitGroup
	for i, n := range r.nodes {
		nodes.Go(func() { errs[i] = k.nodeJob(r, works[i], c, n, ask.Nodes, gate, &a.Nodes[i]) })
	}
	nodes.Wait()
	return errors.Join(errs...)
}

// nodeJob runs the threads of one node.
func (k *kernelProcess) nodeJob(r *running, w work, c crew, node int, all []int, gate *workload.Control, a *nodeAnswer) error {
	cores := r.Topology.Nodes[node].Cores
	a.Node = node
	sampler := sampleTraffic(gate, func() crossed { return crossed{r.structure.traffic(node), r.structure.handOvers(node)} })
	errs := make([]error, c.threads)
	var threads sync.WaitGroup
	for t := range c.threads {
		cpu := cores[t%len(cores)]
		a.CPUs = append(a.CPUs, cpu)
		threads.Go(func() {
			errs[t] = onCPU(cpu, func() error {
				port, done, err := k.openPort(r, node, c.window)
				if err != nil {
					return err
				}
				defer done()
				return w.run(member{
					node: node, thread: t, number: slices.Index(all, node)*c.threads + t, of: len(all) * c.threads,
					port: port,
				})
			})
			if errs[t] != nil {
				w.stop() // the others must not wait for this one
			}
		})
	}
	threads.Wait()
	seen := sampler()
	a.Traffic, a.HandOvers = seen.traffic, seen.handOvers
	w.result(a)
	if used := distinctCPUs(a.CPUs); used < c.threads {
		a.Warnings = append(a.Warnings, fmt.Sprintf("node %d: %d threads share %d CPUs (%s)", node, c.threads, used, numa.FormatList(a.CPUs)))
	}
	return errors.Join(errs...)
}

func distinctCPUs(cpus []int) int {
	seen := map[int]bool{}
	for _, c := range cpus {
		seen[c] = true
	}
	return len(seen)
}

// crossed is what a node saw cross.
type crossed struct {
	traffic   transport.Traffic
	handOvers []transport.HandOver
}

// sampleTraffic reads a node's traffic when the threads begin to measure. The
// function it returns, called when they have ended, returns what was counted
// since then.
func sampleTraffic(gate *workload.Control, read func() crossed) func() crossed {
	var began crossed
	sampled := make(chan bool, 1)
	go func() {
		for !gate.Measuring() {
			if gate.Stopped() {
				sampled <- false
				return
			}
			time.Sleep(500 * time.Microsecond)
		}
		began = read()
		sampled <- true
	}()
	return func() crossed {
		gate.Stop() // they have ended, so it says nothing new to anybody
		if !<-sampled {
			return crossed{}
		}
		now := read()
		return crossed{now.traffic.Sub(began.traffic), transport.SubHandOvers(now.handOvers, began.handOvers)}
	}
}

// conductor opens and closes the gate of a job, and returns when the threads
// are to end. Finished is closed when all have ended by themselves.
type conductor func(ctx context.Context, gate *workload.Control, finished <-chan struct{}) error

// untilFinished is the conductor of threads that start when all have met and
// know when they are done.
func untilFinished(ctx context.Context, _ *workload.Control, finished <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-finished:
		return nil
	}
}

// runJob runs a job on all kernels.
func (m *Machine) runJob(ctx context.Context, kind string, ask jobAsk, conduct conductor) ([]nodeAnswer, error) {
	leave, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := m.beginJob(kind); err != nil {
		return nil, err
	}
	defer m.endJob(kind)
	ctx, release := m.alive(ctx)
	defer release()

	ask.Gate = m.nextGate
	m.nextGate = (m.nextGate + 1) % gates
	if err := errors.Join(resetGate(m.segment, ask.Gate), resetProbe(m.segment)); err != nil {
		return nil, err
	}
	gate := m.gates[ask.Gate]
	words, err := probeWords(m.segment)
	if err != nil {
		return nil, err
	}
	abandon := func() {
		gate.Stop()
		words.Stop()
	}

	kernels, err := m.kernelsOf(ctx, ask.Nodes)
	if err != nil {
		return nil, err
	}
	answers := make([]jobAnswer, len(kernels))
	errs := make([]error, len(kernels))
	lost := make([]string, len(kernels))
	var calls sync.WaitGroup
	// The calls outlive ctx: a job ends by its gate, and the kernels must have
	// left it before the next.
	limit, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	for i, k := range kernels {
		calls.Go(func() {
			err := m.ask(limit, k, "Job", ask, &answers[i])
			if ask.Bench != nil && gate.Running() && errors.Is(err, ErrKernelDied) && m.survives(k) {
				lost[i] = fmt.Sprintf("%s died during the run: what its threads did is not counted", k.name())
				return
			}
			if errs[i] = err; err != nil {
				abandon() // its threads will not come to the gate
			}
		})
	}
	finished := make(chan struct{})
	go func() {
		calls.Wait()
		close(finished)
	}()
	conducted := conduct(ctx, gate, finished)
	if ctx.Err() != nil {
		conducted = context.Cause(ctx) // the machine's end, if it is that
	}
	gate.Stop()
	overdue := time.AfterFunc(jobPatience, func() {
		cancel(fmt.Errorf("%s: a kernel did not end its part within %v after it was asked to", kind, jobPatience))
	})
	<-finished
	overdue.Stop()

	if err := m.cause(); err != nil {
		return nil, err
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if conducted != nil {
		return nil, fmt.Errorf("%s: %w", kind, conducted)
	}
	var all []nodeAnswer
	for _, a := range answers {
		all = append(all, a.Nodes...)
	}
	for _, text := range lost {
		if text != "" && len(all) > 0 {
			all[0].Warnings = append(all[0].Warnings, text)
		}
	}
	return all, nil
}

// jobPatience is how long threads may take to end after their gate has closed:
// what they have outstanding completes first.
const jobPatience = 10 * time.Second

// beginJob makes sure that one job runs at a time.
func (m *Machine) beginJob(kind string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job != "" {
		return fmt.Errorf("%w: a %s runs already: wait for it to end", ErrBusy, m.job)
	}
	m.job = kind
	m.events.publish(Event{Kind: EventJobBegin, Node: -1, Text: kind + " begins"})
	return nil
}

func (m *Machine) endJob(kind string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.job = ""
	m.events.publish(Event{Kind: EventJobEnd, Node: -1, Text: kind + " ends"})
}
