package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/rpc"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// takeOverBudgets is how many stall budgets a kernel may take to end what the
// supervisor before had asked of it, and to answer the new one. One that takes
// longer is killed, and another takes its place.
const takeOverBudgets = 10

// errAdopted says that how a process ended is not known: it was no child.
var errAdopted = errors.New("it was started by a supervisor before this one")

// Attach takes over the kernels of a machine that was booted with Config.Keep and
// whose supervisor died. They have gone on meanwhile; those that died are replaced.
// A job that ran is ended: its caller has gone with the supervisor.
//
// Errors wrap ErrNotRunning if no such kernels live in the run directory (empty:
// DefaultRunDir), ErrAlreadyRunning if their supervisor does, and ErrVersion if
// another program started them. After these everything is as before.
func Attach(ctx context.Context, path string, h Hooks) (*Machine, error) {
	if path == "" {
		path = DefaultRunDir()
	}
	dir, err := lockKept(path)
	if err != nil {
		return nil, err
	}
	m := &Machine{
		hooks: h, log: h.Log, state: StateBooting, dir: dir,
		events: newHub(h.Event), gone: make(chan struct{}), done: make(chan struct{}),
	}
	if m.log == nil {
		m.log = zap.NewNop()
	}
	m.life, m.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := m.adopt(); err != nil {
		m.letGo()
		m.end(err)
		return nil, err
	}
	// From here on it is this process's machine, and what it ends is the machine.
	if err := m.resume(ctx); err != nil {
		m.end(err)
		m.takeDown()
		return nil, err
	}
	go m.live(ctx)
	return m, nil
}

// adopt finds the machine and its kernels. Until it has, nothing is changed.
func (m *Machine) adopt() error {
	kept, err := readKept(m.dir.path, m.hooks.Version)
	if err != nil {
		return err
	}
	m.startedBy = kept.Version
	m.config, m.topology, m.policy, m.started = kept.Config, kept.Topology, &kept.Policy, kept.Started
	m.config.RunDir, m.dir.made, m.warnings = m.dir.path, kept.Made, kept.Warnings
	processes := len(m.topology.Nodes)
	if m.config.Mode == ModeBigLock {
		processes = 1
	}
	for n := range processes {
		c, err := m.find(n)
		if err != nil {
			return err
		}
		m.kernels = append(m.kernels, c)
		if c.gone() {
			continue
		}
		if m.segment == nil {
			// One that is dying has its socket a little longer than its files.
			if err := m.openSegment(c.process.Pid); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if m.segment == nil {
		m.dir.release()
		return fmt.Errorf("%w: run directory %s: the kernels that were kept there have died, and the state is gone: `nrkern start` boots a new machine", ErrNotRunning, m.dir.path)
	}
	for n, c := range m.kernels {
		if c.gone() {
			c.process.Pid = int(m.board.nodes[n].PID.Load())
		}
	}
	_ = os.Remove(m.dir.file(socketFile))
	if m.control, err = openControl(m); err != nil {
		return err
	}
	m.forker = newForker()
	return m.dir.sign()
}

// find finds the kernel of a node, or one that is gone in its place.
func (m *Machine) find(n int) (*child, error) {
	c := &child{number: n, whole: m.config.Mode == ModeBigLock, at: placeOf(m.config, m.topology, n), exited: make(chan struct{})}
	conn, pid, err := reach(kernelSocket(m.dir.path, n))
	if errors.Is(err, ErrNotRunning) {
		c.endErr, c.process, c.said = errAdopted, new(os.Process), new(tail)
		ours, theirs := net.Pipe()
		_ = theirs.Close()
		c.conn, c.calls = ours, rpc.NewClient(ours)
		close(c.exited)
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("kernel of node %d: %w", n, err)
	}
	said, speaks, err := os.Pipe()
	if err == nil {
		c.process, err = os.FindProcess(pid)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("kernel of node %d: %w", n, err)
	}
	c.conn, c.calls, c.speaks = conn, rpc.NewClient(conn), speaks
	c.said = newTail(said, m.hears(n))
	return c, nil
}

// openSegment opens the segment that a kernel has, and finds what is in it.
func (m *Machine) openSegment(pid int) error {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/fd/%d", pid, segmentFD), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("the segment of process %d: %w", pid, mapPermission(err))
	}
	if m.segment, err = transport.Open(fd); err != nil {
		_ = unix.Close(fd)
		return err
	}
	if m.board, err = openBoard(m.segment); err != nil {
		return err
	}
	if have := len(m.board.nodes); have != len(m.topology.Nodes) {
		return fmt.Errorf("the segment is of a machine with %d nodes, the topology has %d: %w", have, len(m.topology.Nodes), transport.ErrForeignSegment)
	}
	for n, w := range m.board.nodes {
		m.removed[n].Store(w.Removed.Load() != 0)
	}
	if m.config.Mode == ModeNR {
		if m.logs, err = nrkernel.OpenLogs(m.segment); err != nil {
			return err
		}
	}
	m.gates, err = openGates(m.segment)
	return err
}

// letGo undoes adopt: the kernels have noticed a connection that came and went.
func (m *Machine) letGo() {
	m.control.refuse()
	m.control.close()
	m.events.close()
	for _, c := range m.kernels {
		_ = c.calls.Close()
		if c.speaks != nil {
			_ = c.speaks.Close()
			c.said.finish()
		}
	}
	if m.forker != nil {
		m.forker.close()
	}
	if m.segment != nil {
		_ = m.segment.Close()
	}
	m.dir.unlock()
}

// resume becomes the supervisor of what adopt found.
func (m *Machine) resume(ctx context.Context) error {
	m.job = "take-over" // until what ran before has ended
	m.setState(StateRunning)
	// Whoever died meanwhile may hold up the others, so this comes first.
	if m.logs != nil {
		m.watched.Go(m.guard)
	}
	words, err := probeWords(m.segment)
	if err != nil {
		return err
	}
	for _, g := range m.gates {
		g.Stop()
	}
	words.Stop()
	var calls sync.WaitGroup
	for _, c := range m.children() {
		if !c.gone() {
			m.watched.Go(func() { c.awaitEnd() })
			calls.Go(func() { m.takeOver(ctx, c) })
		} else if m.isRemoved(c.number) {
			_ = m.fence(c, time.Now()) // the one before may not have come to it
		}
		m.watched.Go(func() { m.watch(c) })
	}
	calls.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	m.mu.Lock()
	m.job = ""
	m.mu.Unlock()
	m.events.publish(Event{Kind: EventRunning, Node: -1, PID: os.Getpid(), Text: "all kernels are ready"})
	if m.startedBy != m.hooks.Version {
		m.warn("the kernels are of nrkern %s, and this supervisor of %s: those that it starts are too", m.startedBy, m.hooks.Version)
	}
	m.events.publish(Event{Kind: EventTakenOver, Node: -1, PID: os.Getpid(), Text: "the kernels of a supervisor that died have this one now"})
	return m.cause()
}

// takeOver becomes the supervisor of one kernel. One that cannot go on as it is, or
// does not answer, is killed; whoever watches it sees to the rest.
func (m *Machine) takeOver(ctx context.Context, c *child) {
	patience := takeOverBudgets * m.config.StallBudget
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %v", patience))
	defer cancel()
	defer func() { _ = c.speaks.Close() }()
	var a takeOverAnswer
	err := m.ask(ctx, c, "TakeOver", takeOverAsk{Supervisor: os.Getpid(), Says: fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), c.speaks.Fd())}, &a)
	removed := m.isRemoved(c.number)
	switch {
	case c.gone() || m.life.Err() != nil:
		return
	case err == nil && !a.Quiesced && !removed:
		if m.logs != nil && m.logs.Standing(c.number, 0).Away {
			m.watched.Go(func() { m.recall(c) })
		}
		return
	case err != nil:
		m.warn("%s is killed: its new supervisor asked it to go on: %v", c.name(), err)
	}
	c.signal(unix.SIGKILL)
	if removed {
		<-c.exited
		_ = m.fence(c, time.Now())
	}
}

// awaitEnd does for a kernel that is no child what waiting for it does for others.
func (c *child) awaitEnd() {
	if c.process.WithHandle(func(pidfd uintptr) { endsWithin(int(pidfd), -1) }) != nil {
		for lives(c.process.Pid) {
			time.Sleep(5 * time.Millisecond)
		}
	}
	c.endErr = errAdopted
	c.said.finish()
	_ = c.calls.Close()
	close(c.exited)
}
