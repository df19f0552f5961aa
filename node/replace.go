package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

const (
	// replaceTries is how often a kernel is started in the place of one that died,
	// until it is up.
	replaceTries = 5
	// replacePause is how long to wait after one that did not come up, times its
	// number.
	replacePause = 100 * time.Millisecond
	// rebuildLimit is how long a kernel may take to rebuild its state.
	rebuildLimit = 60 * time.Second
)

// survives reports whether the machine goes on without a kernel that died: an nr
// machine that runs and has another one.
func (m *Machine) survives(dead *child) bool {
	if m.config.Mode != ModeNR {
		return false
	}
	// Whoever asks may be in already, and one who waits to end it all is next.
	if !m.using.TryRLock() {
		return false
	}
	defer m.using.RUnlock()
	m.mu.Lock()
	running := m.state == StateRunning
	m.mu.Unlock()
	return running && m.donor(dead.number) != nil
}

// donor returns a kernel of another node that lives and has the state, if it can
// be one that keeps up with the log.
func (m *Machine) donor(node int) (found *child) {
	for _, c := range m.children() {
		if c.number == node || c.gone() || !m.logs.Standing(c.number, 0).Member {
			continue
		}
		if found = c; !c.laggard.Load() {
			break
		}
	}
	return found
}

// replace takes a kernel that died out of the logs, so that the others go on, and
// puts another in its place.
func (m *Machine) replace(dead *child, why error) {
	began := time.Now()
	m.log.Error(why.Error())
	m.events.publish(Event{Kind: EventKernelDied, Node: dead.number, PID: dead.process.Pid, Text: why.Error()})
	if err := m.fence(dead, began); err != nil {
		m.fail(err)
		return
	}
	for try := 1; ; try++ {
		err := m.rebuild(dead.number, began)
		if err == nil || m.life.Err() != nil {
			return
		}
		if errors.Is(err, errNobodyLeft) {
			m.fail(err)
			return
		}
		if try == replaceTries {
			m.warn("node %d stays without a kernel: %v", dead.number, err)
			return
		}
		m.log.Warn("a kernel did not come up in the place of one that died", zap.Int("node", dead.number), zap.Error(err))
		select {
		case <-m.life.Done():
		case <-time.After(time.Duration(try) * replacePause):
		}
	}
}

// serving returns the kernel that runs a node's threads, and waits for one while
// another takes the place of one that died.
func (m *Machine) serving(ctx context.Context, node int) (*child, error) {
	ctx, release := m.alive(ctx)
	defer release()
	ctx, cancel := context.WithTimeoutCause(ctx, rebuildLimit, fmt.Errorf("%w: node %d has no kernel", ErrKernelDied, node))
	defer cancel()
	for {
		k, err := m.kernelOf(node)
		if err != nil {
			return nil, err
		}
		if m.isRemoved(node) {
			return nil, fmt.Errorf("%w: node %d %w: to have it back: nrkern node add %d", ErrUsage, node, ErrRemoved, node)
		}
		if !k.gone() || !m.survives(k) {
			return k, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// kernelsOf is serving for several nodes: the kernels that run their threads.
func (m *Machine) kernelsOf(ctx context.Context, nodes []int) (all []*child, err error) {
	for _, n := range nodes {
		k, err := m.serving(ctx, n)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1] != k {
			all = append(all, k)
		}
	}
	return all, nil
}

// fail ends the machine.
func (m *Machine) fail(err error) {
	m.end(fmt.Errorf("%w; the machine stops", err))
	m.log.Error(err.Error())
}

// fence takes a kernel that died out of the logs.
func (m *Machine) fence(dead *child, began time.Time) error {
	m.recovering.Lock()
	defer m.recovering.Unlock()
	leave, err := m.enter()
	if err != nil {
		return nil // the machine ends anyway
	}
	defer leave()
	live := func(id int) bool {
		return !m.children()[id].gone()
	}
	member := m.logs.Standing(dead.number, 0).Member
	sealed, err := m.logs.Fence(dead.number, live, m.policy)
	if err != nil {
		return fmt.Errorf("%s could not be taken out of the logs: %w", dead.name(), err)
	}
	if !member && sealed == 0 {
		return nil
	}
	m.events.publish(Event{
		Kind: EventFenced, Node: dead.number, PID: dead.process.Pid, Elapsed: time.Since(began),
		Text: fmt.Sprintf("the others go on %v after its death; slots that it had reserved and not filled: %d", time.Since(began).Round(time.Microsecond), sealed),
	})
	return nil
}

// errNobodyLeft says that no kernel has the state any more.
var errNobodyLeft = fmt.Errorf("%w: the last one that had the state", ErrKernelDied)

// rebuild starts a kernel for a node without one, from a snapshot of another's
// state.
func (m *Machine) rebuild(node int, began time.Time) (err error) {
	ctx, release := m.alive(context.Background())
	defer release()
	ctx, cancel := context.WithTimeoutCause(ctx, rebuildLimit, fmt.Errorf("no kernel was up within %v", rebuildLimit))
	defer cancel()

	c, err := m.startKernel(node)
	if err != nil {
		return err
	}
	up := false
	defer func() {
		if !up {
			_ = c.conn.Close()
			c.signal(unix.SIGKILL)
			<-c.exited
			err = errors.Join(err, m.fence(c, time.Now())) // it may have been admitted
		}
	}()
	var from string
	err = m.fromSnapshot(ctx, node, func(file, what string) error {
		from = what
		m.joining[node].Store(c)
		defer m.joining[node].Store(nil)
		return m.bootKernel(ctx, c, file)
	})
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.kernels[node] = c
	m.mu.Unlock()
	if m.life.Err() != nil { // whoever ends the kernels may have missed it
		return m.life.Err()
	}
	up = true
	m.watched.Go(func() { m.watch(c) })
	m.events.publish(Event{
		Kind: EventRejoined, Node: node, PID: c.process.Pid, Elapsed: time.Since(began),
		Text: fmt.Sprintf("rebuilt from %s, %v after the death", from, time.Since(began).Round(time.Millisecond)),
	})
	return nil
}

// fromSnapshot has a kernel that has the state admit a node, and calls use with
// the file of the state, and what it is.
func (m *Machine) fromSnapshot(ctx context.Context, node int, use func(file, what string) error) error {
	fd, err := unix.MemfdCreate("nrkern-snapshot", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	file := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
	donor := m.donor(node)
	if donor == nil {
		return errNobodyLeft
	}
	donor.busy.Store(true)
	var snapshot snapshotAnswer
	err = m.ask(ctx, donor, "Snapshot", snapshotAsk{Node: node, File: file}, &snapshot)
	donor.busy.Store(false)
	if err != nil {
		return err
	}
	return use(file, fmt.Sprintf("%d bytes of the state of %s", snapshot.Bytes, donor.name()))
}
