package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// bootLimit is how long kernels may take to become ready.
const bootLimit = 60 * time.Second

// Boot starts a machine and returns when all its kernels are ready and the
// control socket is open. The machine lives until ctx is done, Stop is called,
// or a kernel dies; Wait says which.
//
// Errors wrap ErrUsage for a configuration that is wrong by itself,
// ErrAlreadyRunning for a run directory in use, transport.ErrHugepages and
// numa.ErrShortage for want of memory, numa.ErrPermission and
// numa.ErrNotSupported for what this Linux refuses, and ErrBoot for a kernel
// that did not become ready. Nothing is left behind after an error.
func Boot(ctx context.Context, c Config, h Hooks) (*Machine, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	m := &Machine{
		config: c, hooks: h, log: h.Log, state: StateBooting, started: time.Now(),
		events: newHub(h.Event), gone: make(chan struct{}), done: make(chan struct{}),
	}
	if m.log == nil {
		m.log = zap.NewNop()
	}
	// The context given is heard below; it does not end calls half-way.
	m.life, m.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := m.boot(ctx); err != nil {
		m.end(err)
		m.takeDown()
		return nil, err
	}
	go m.live(ctx)
	return m, nil
}

// boot brings the machine up, step by step. What it leaves after an error is
// for takeDown to clear away.
func (m *Machine) boot(ctx context.Context) error {
	var err error
	if m.topology, err = m.config.topology(); err != nil {
		return err
	}
	m.policy = m.config.policy(m.topology)
	if m.config.Mode == ModeMultikernel {
		m.config.Tree = m.config.TreeOf(m.topology)
	}
	m.events.publish(Event{Kind: EventBooting, Node: -1, Text: fmt.Sprintf("%s on %d nodes", m.config.Mode, len(m.topology.Nodes))})
	for _, note := range m.topology.Notes {
		m.warn("topology: %s", note)
	}
	if m.dir, err = claimRunDir(m.config.RunDir); err != nil {
		return err
	}
	m.config.RunDir = m.dir.path
	if err := m.makeSegment(); err != nil {
		return err
	}
	if m.config.Keep {
		if err := m.writeKept(); err != nil {
			return err
		}
	}
	if err := m.startKernels(); err != nil {
		return err
	}
	if err := m.bootKernels(ctx); err != nil {
		return err
	}
	if m.control, err = openControl(m); err != nil {
		return err
	}
	m.setState(StateRunning)
	if m.logs != nil {
		m.watched.Go(m.guard)
	}
	m.events.publish(Event{Kind: EventRunning, Node: -1, PID: os.Getpid(), Text: "all kernels are ready"})
	return nil
}

// makeSegment lays the segment out, creates it, and asks the kernel where it is.
func (m *Machine) makeSegment() error {
	l, err := layOut(m.config, m.topology)
	if err != nil {
		return err
	}
	create := func(h transport.Hugepages) error {
		if h == transport.HugepagesOff {
			if err := checkMemory(need(m.config, m.topology), "the segment wants", "ask for a smaller log or smaller rings"); err != nil {
				return err
			}
		}
		var err error
		m.segment, err = transport.Create(l, transport.Options{Hugepages: h, Memory: memories(m.topology)})
		return err
	}
	if m.config.Hugepages == transport.HugepagesPrefer {
		err = create(transport.HugepagesRequire)
		if errors.Is(err, transport.ErrHugepages) {
			m.warn("the segment is on ordinary pages: %v", err)
			err = create(transport.HugepagesOff)
		}
	} else {
		err = create(m.config.Hugepages)
	}
	if err != nil {
		return err
	}
	if _, err := segmentStatus(m.segment, m.topology); err != nil {
		return err
	}
	if m.board, err = prepare(m.segment, m.config, m.topology); err != nil {
		return err
	}
	if m.config.Mode == ModeNR {
		if m.logs, err = nrkernel.OpenLogs(m.segment); err != nil {
			return err
		}
	}
	m.gates, err = openGates(m.segment)
	return err
}

// startKernels starts the kernel processes and watches them.
func (m *Machine) startKernels() error {
	m.forker = newForker()
	processes := len(m.topology.Nodes)
	if m.config.Mode == ModeBigLock {
		processes = 1
	}
	for n := range processes {
		c, err := m.startKernel(n)
		if err != nil {
			return err
		}
		m.mu.Lock()
		m.kernels = append(m.kernels, c)
		m.mu.Unlock()
		m.watched.Go(func() { m.watch(c) })
	}
	return nil
}

// startKernel starts kernel process n.
func (m *Machine) startKernel(n int) (*child, error) {
	c := &child{number: n, whole: m.config.Mode == ModeBigLock, at: placeOf(m.config, m.topology, n)}
	who := identity{Kernel: n, Supervisor: os.Getpid(), RunDir: m.dir.path, Made: m.dir.made, Keep: m.config.Keep}
	err := startChild(m.forker, m.segment, who, c, m.hears(n))
	if err != nil {
		return nil, fmt.Errorf("%w: node %d: %w", ErrBoot, n, err)
	}
	return c, nil
}

// hears returns what becomes of a line that a kernel says.
func (m *Machine) hears(n int) func(line string) {
	return func(line string) {
		m.log.Warn("a kernel says", zap.Int("node", n), zap.String("text", line))
	}
}

// bootKernels tells the kernels of the machine, and checks where they are.
func (m *Machine) bootKernels(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bootLimit, fmt.Errorf("not ready within %v", bootLimit))
	defer cancel()
	kernels := m.children()
	errs := make([]error, len(kernels))
	var calls sync.WaitGroup
	for i, c := range kernels {
		calls.Go(func() { errs[i] = m.bootKernel(ctx, c, "") })
	}
	calls.Wait()
	if cause := m.cause(); cause != nil {
		return fmt.Errorf("%w: %w", ErrBoot, cause)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: %w", ErrBoot, err)
	}
	return nil
}

// bootKernel tells one kernel of the machine, with the file of a snapshot if it
// joins late, and checks where it is.
func (m *Machine) bootKernel(ctx context.Context, c *child, snapshot string) error {
	var a bootAnswer
	err := m.ask(ctx, c, "Boot", bootAsk{Config: m.config, Topology: m.topology, Policy: *m.policy, Snapshot: snapshot}, &a)
	switch {
	case errors.Is(err, ErrKernelDied):
		return err
	case err != nil:
		return fmt.Errorf("%s: %w%s", c.name(), err, c.lastWords())
	case !a.At.equal(c.at):
		return fmt.Errorf("%s: %w: it runs on %s; it was put on %s", c.name(), ErrPlacement, a.At, c.at)
	}
	m.events.publish(Event{Kind: EventKernelReady, Node: m.nodeOf(c), PID: c.process.Pid, Text: a.At.String()})
	return nil
}

// lastWords is what a kernel said last, for an error about it.
func (c *child) lastWords() string {
	if last := c.said.last(); last != "" {
		return "; it said last:\n" + strings.TrimSpace(last)
	}
	return ""
}

// nodeOf returns the node of a kernel, or -1 if it runs the threads of all.
func (m *Machine) nodeOf(c *child) int {
	if c.whole {
		return -1
	}
	return c.number
}
