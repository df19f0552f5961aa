package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Hooks are what a program that boots a machine may want besides.
type Hooks struct {
	// Log is where the supervisor logs; nil for nowhere.
	Log *zap.Logger
	// Event is told every event, in order. It must not wait.
	Event func(Event)
	// Version is what Status says of the program.
	Version string
}

// Machine is a machine that this process supervises. Boot makes one.
type Machine struct {
	config   Config
	hooks    Hooks
	log      *zap.Logger
	topology *numa.Topology
	policy   *transport.Policy
	started  time.Time
	// startedBy is the version of the program that did, where another took over.
	startedBy string
	events    *hub

	dir     *runDir
	segment *transport.Segment
	board   *board
	gates   []*workload.Control
	forker  *forker
	logs    *nrkernel.Logs // nr
	control *control
	watched sync.WaitGroup

	// joining are the kernels that were admitted and are not up, by node.
	joining [numa.MaxNodes]atomic.Pointer[child]

	// removed are the nodes that were taken out; membering is held meanwhile.
	removed   [numa.MaxNodes]atomic.Bool
	membering sync.Mutex

	// recovering is held by whoever takes a dead kernel out of the logs.
	recovering sync.Mutex

	// life ends when the machine begins to stop; its cause says why.
	life context.Context
	end  context.CancelCauseFunc
	// gone is closed when nothing of the machine is left but its event stream.
	gone chan struct{}
	// done is closed when Wait may return.
	done chan struct{}

	// using is held for reading by whoever looks into the segment; enter does.
	using sync.RWMutex

	callers callers

	mu       sync.Mutex
	kernels  []*child // the current one of each node; children copies them
	state    State
	job      string
	warnings []string
	nextGate int // of the job that runs
}

// errOrderly is the cause of an end that somebody asked for.
var errOrderly = errors.New("asked to stop")

// Wait waits until the machine has stopped. It returns nil if it was asked to,
// and else why it stopped: an error wrapping ErrKernelDied.
func (m *Machine) Wait() error {
	<-m.done
	return m.cause()
}

// Done is closed when the machine has stopped.
func (m *Machine) Done() <-chan struct{} { return m.done }

// Config returns the machine's configuration with all defaults filled in.
func (m *Machine) Config() Config { return m.config }

// RunDir returns the run directory.
func (m *Machine) RunDir() string { return m.config.RunDir }

// Topology returns the topology that the machine runs on.
func (m *Machine) Topology() *numa.Topology { return m.topology }

// Warnings returns what the machine had to do without, in words. It is never
// nil: scripts that read the JSON loop over it.
func (m *Machine) Warnings() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string{}, m.warnings...)
}

// Events calls f for the events of late and for those that come.
func (m *Machine) Events(ctx context.Context, f func(Event) error) error {
	return m.events.listen(ctx, f)
}

// Stop stops the machine and returns when nothing of it is left.
func (m *Machine) Stop(ctx context.Context) error {
	m.end(errOrderly)
	select {
	case <-m.gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop: %w", context.Cause(ctx))
	}
}

// cause returns why the machine fails, or nil while it does not.
func (m *Machine) cause() error {
	if c := context.Cause(m.life); c != nil && !errors.Is(c, errOrderly) {
		return c
	}
	return nil
}

// notRunning is the error of a request that comes too early or too late.
func (m *Machine) notRunning() error {
	if err := m.cause(); err != nil {
		return err
	}
	return fmt.Errorf("%w (it is %s)", ErrStopped, m.state)
}

// enter lets the caller look into the segment until it calls leave.
func (m *Machine) enter() (leave func(), err error) {
	m.using.RLock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != StateRunning {
		m.using.RUnlock()
		return nil, m.notRunning()
	}
	return m.using.RUnlock, nil
}

// alive returns a context that ends with the machine's life, too.
func (m *Machine) alive(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(m.life, func() {
		if err := m.cause(); err != nil {
			cancel(err)
			return
		}
		cancel(ErrStopped)
	})
	return ctx, func() { stop(); cancel(nil) }
}

// kernelOf returns the kernel that runs a node's threads.
func (m *Machine) kernelOf(node int) (*child, error) {
	if node < 0 || node >= len(m.topology.Nodes) {
		return nil, usagef("node %d: the machine has nodes 0 to %d", node, len(m.topology.Nodes)-1)
	}
	if m.config.Mode == ModeBigLock {
		node = 0
	}
	return m.children()[node], nil
}

// children returns the current kernels.
func (m *Machine) children() []*child {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.kernels)
}

// ask calls a kernel. If the kernel dies meanwhile, the error says so.
func (m *Machine) ask(ctx context.Context, k *child, method string, what any, into answer) error {
	ctx, release := m.alive(ctx)
	defer release()
	err := call(ctx, k.calls, method, what, into)
	if err == nil || !errors.Is(err, errGone) {
		return err
	}
	// The connection goes a moment before the process: wait for the reason.
	patience := time.After(2 * time.Second)
	select {
	case <-m.life.Done():
	case <-k.exited:
		if m.survives(k) {
			return k.death()
		}
		select {
		case <-m.life.Done():
		case <-patience:
		}
	case <-patience:
	}
	if cause := m.cause(); cause != nil {
		return cause
	}
	if m.life.Err() != nil {
		return ErrStopped
	}
	return fmt.Errorf("%s: %w", k.name(), err)
}

func (m *Machine) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	m.mu.Lock()
	m.warnings = append(m.warnings, text)
	m.mu.Unlock()
	m.log.Warn(text)
	m.events.publish(Event{Kind: EventWarning, Node: -1, Text: text})
}

func (m *Machine) setState(s State) {
	m.mu.Lock()
	m.state = s
	m.mu.Unlock()
}
