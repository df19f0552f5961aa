package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// A kernel that does not answer for so long is shown as silent. A digest may
// take longer, so it has more.
const (
	statusPatience = 2 * time.Second
	digestPatience = 30 * time.Second
)

// Status asks all kernels how they are, and Linux where everything is.
func (m *Machine) Status(ctx context.Context, ask StatusRequest) (*Status, error) {
	leave, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if ask.Collect {
		debug.FreeOSMemory()
	}
	s := &Status{
		Version: m.hooks.Version, Config: m.config, PID: os.Getpid(), Started: m.started,
		Topology: *m.topology, Policy: *m.policy, Warnings: m.Warnings(),
	}
	m.mu.Lock()
	s.State, s.Job = m.state, m.job
	m.mu.Unlock()
	// What is misplaced is shown, part by part.
	s.Segment, _ = segmentStatus(m.segment, m.topology)

	patience := statusPatience
	if ask.Digest {
		patience = digestPatience
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSilent)
	defer cancel()
	kernels := m.children()
	s.Kernels = make([]KernelStatus, len(kernels))
	errs := make([]error, len(kernels))
	var calls sync.WaitGroup
	for i, c := range kernels {
		calls.Go(func() { errs[i] = m.kernelStatus(ctx, c, ask, &s.Kernels[i]) })
	}
	calls.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, k := range s.Kernels {
		s.Operations += k.Operations
	}
	return s, nil
}

var errSilent = errors.New("no answer in time")

// kernelStatus asks one kernel, and Linux about it.
func (m *Machine) kernelStatus(ctx context.Context, c *child, ask StatusRequest, s *KernelStatus) error {
	s.Node, s.PID, s.State = m.nodeOf(c), c.process.Pid, StateRunning
	s.Physical, s.MemoryNode = -1, -1
	if !c.whole {
		s.Physical = m.topology.Nodes[c.number].Physical
	}
	if m.isRemoved(c.number) {
		s.State = StateRemoved
		s.HandOvers, s.Latencies, s.CPUs = []transport.HandOver{}, []workload.Latency{}, []int{}
		return nil
	}
	var a statusAnswer
	err := m.ask(ctx, c, "Status", statusAsk(ask), &a)
	switch {
	case errors.Is(err, ErrKernelDied) && m.survives(c):
		s.State = StateDead
		return nil
	case errors.Is(err, errSilent):
		s.State = StateSilent
	case err != nil:
		return err
	}
	s.HandOvers = a.HandOvers
	s.Latencies = append([]workload.Latency{}, a.Latencies...)
	if s.HandOvers == nil {
		s.HandOvers = []transport.HandOver{}
	}
	s.Operations, s.Threads, s.Processors = a.Operations, a.Threads, a.Processors
	s.Channels, s.Streams, s.Traffic, s.Memory = a.Channels, a.Copies, a.Traffic, a.At.Memory
	if len(a.Logs) == 1 {
		s.Log = &a.Logs[0]
	} else {
		s.Logs = a.Logs
	}
	if m.logs != nil {
		switch {
		case m.logs.Standing(c.number, 0).Away:
			s.State = StateAway
		case c.laggard.Load():
			s.State = StateLaggard
		}
	}
	if ask.Digest && err == nil && !a.Away {
		s.Digest = fmt.Sprintf("%016x", a.Digest)
		for _, index := range a.DigestAt {
			s.DigestAt += index
		}
		if len(a.DigestAt) > 1 {
			s.DigestAtLogs = a.DigestAt
		}
	}
	if len(s.Memory.Nodes) == 1 {
		s.MemoryNode = s.Memory.Nodes[0]
	}
	s.CPUs, err = allowedCPUs(c.process.Pid)
	if err != nil && !c.gone() {
		return err
	}
	// A Linux without the file tells the policy, and not the pages.
	s.HeapPages, _ = heapPages(c.process.Pid)
	s.Right = place{s.CPUs, s.Memory}.equal(c.at) && rightPages(s.HeapPages, c.at.Memory)
	return nil
}

// allowedCPUs asks Linux where a process may run.
func allowedCPUs(pid int) ([]int, error) {
	const field = "Cpus_allowed_list:"
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(line, field); ok {
			return numa.ParseList(list)
		}
	}
	return nil, fmt.Errorf("/proc/%d/status has no %s", pid, field)
}

// placedRight reports whether all memory and threads are where they were put,
// by Linux's word.
func (m *Machine) placedRight() bool {
	if s, err := segmentStatus(m.segment, m.topology); err != nil || len(s.Parts) == 0 {
		return false
	}
	for _, c := range m.children() {
		if m.isRemoved(c.number) {
			continue
		}
		cpus, err := allowedCPUs(c.process.Pid)
		if err != nil || !(place{cpus, c.at.Memory}).equal(c.at) {
			return false
		}
		pages, err := heapPages(c.process.Pid)
		if err != nil || !rightPages(pages, c.at.Memory) {
			return false
		}
	}
	return true
}
