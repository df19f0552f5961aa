package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// kernelProcess is what a kernel process is made of.
type kernelProcess struct {
	who identity
	fd  int // of the segment

	booting sync.Mutex
	up      atomic.Pointer[running]
	failed  chan error // the process cannot go on

	supervisor atomic.Int64           // its process
	keeper     atomic.Pointer[keeper] // where the next one comes, if the kernel is kept
	quiesced   atomic.Bool            // its threads wait for Rejoin

	operations atomic.Uint64
	working    sync.Mutex // guards live and latencies
	live       map[*progress]bool
	latencies  workload.Latencies
	threads    atomic.Int64 // with an open port
}

// running is a kernel process that has booted.
type running struct {
	bootAsk
	at        place
	segment   *transport.Segment
	board     *board
	table     *kernel.Table
	structure structure
	nodes     []int // whose threads run here
	gates     []*workload.Control
}

func newKernelProcess(who identity, fd int) *kernelProcess {
	k := &kernelProcess{who: who, fd: fd, failed: make(chan error, 1), live: map[*progress]bool{}}
	k.supervisor.Store(int64(who.Supervisor))
	return k
}

// currentBoard returns the machine's control words, or nil before the boot.
func (k *kernelProcess) currentBoard() *board {
	if r := k.up.Load(); r != nil {
		return r.board
	}
	return nil
}

// stopping reports whether the machine was asked to stop.
func (k *kernelProcess) stopping() bool {
	b := k.currentBoard()
	return b != nil && b.machine.Stop.Load() != 0
}

// errNotBooted is the error of a call that comes before Boot.
var errNotBooted = errors.New("the kernel has not booted")

func (k *kernelProcess) running() (*running, error) {
	if r := k.up.Load(); r != nil {
		return r, nil
	}
	return nil, errNotBooted
}

// boot opens the segment and this process's part of the structure.
func (k *kernelProcess) boot(ask bootAsk, a *bootAnswer) error {
	k.booting.Lock()
	defer k.booting.Unlock()
	if k.up.Load() != nil {
		return errors.New("the kernel has booted already")
	}
	at, err := ownPlace()
	if err != nil {
		return err
	}
	a.At = at
	r := &running{bootAsk: ask, at: at}
	if r.segment, err = transport.Open(k.fd); err != nil {
		return err
	}
	if r.board, err = openBoard(r.segment); err != nil {
		return err
	}
	if have := len(r.board.nodes); have != len(ask.Topology.Nodes) {
		return fmt.Errorf("the segment is of a machine with %d nodes, the topology has %d: %w", have, len(ask.Topology.Nodes), transport.ErrForeignSegment)
	}
	if ask.Config.Mode == ModeBigLock {
		for n := range ask.Topology.Nodes {
			r.nodes = append(r.nodes, n)
		}
	} else {
		r.nodes = []int{k.who.Kernel}
	}
	if r.gates, err = openGates(r.segment); err != nil {
		return err
	}
	if r.table, err = kernel.NewTable(Services()...); err != nil {
		return err
	}
	var snapshot io.Reader
	if ask.Snapshot != "" {
		f, err := os.Open(ask.Snapshot)
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		defer func() { _ = f.Close() }()
		snapshot = f
	}
	var phases *nrkernel.PhaseWords
	if ask.Config.Strikes {
		phases = &r.board.nodes[r.nodes[0]].Phases
	}
	r.structure, err = openStructure(r.segment, r.table, ask.Config, ask.Topology, r.nodes, phases, snapshot, &r.Policy, &r.board.machine.Stop.Word)
	if err != nil {
		return err
	}
	born, err := bornAt(os.Getpid())
	if err != nil {
		return err
	}
	own := r.board.nodes[r.nodes[0]]
	own.Born.Store(born)
	own.PID.Swap(uint64(os.Getpid()))
	if ask.Config.isolated() {
		if err := isolate(r.segment, r.nodes[0], len(r.board.nodes)); err != nil {
			return err
		}
	}
	if k.who.Keep {
		keeper, err := openKeeper(k.who)
		if err != nil {
			return err
		}
		k.keeper.Store(keeper)
	}
	workload.ProcessClock() // calibrated now, not in a run
	k.up.Store(r)
	if s := r.structure.server(); s != nil {
		go k.attend(s, r)
	}
	return nil
}

// attend is the attending thread: it serves the node while its own threads do
// not. It has the process's affinity, which is all cores of the node.
func (k *kernelProcess) attend(s combining.Server, r *running) {
	runtime.LockOSThread()
	if err := combining.Attend(s, &r.board.machine.Stop.Word, &r.Policy); err != nil {
		k.failed <- fmt.Errorf("node %d: %w", k.who.Kernel, err)
	}
}

// ownPlace asks the kernel where this process runs and where its memory comes
// from. No thread was pinned yet, so one speaks for all.
func ownPlace() (place, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cpus, err := numa.Affinity()
	if err != nil {
		return place{}, err
	}
	memory, err := numa.GetPolicy()
	if err != nil {
		return place{}, err
	}
	return place{cpus, memory}, nil
}

// status answers at any time, also while a job runs.
func (k *kernelProcess) status(ask statusAsk, a *statusAnswer) error {
	r, err := k.running()
	if err != nil {
		return err
	}
	if ask.Collect {
		debug.FreeOSMemory()
	}
	a.At, a.Threads = r.at, int(k.threads.Load())
	a.Operations, a.Latencies = k.completed()
	a.Processors = runtime.GOMAXPROCS(0)
	for _, n := range r.nodes {
		a.Traffic = a.Traffic.Add(r.structure.traffic(n))
		a.HandOvers = append(a.HandOvers, r.structure.handOvers(n)...)
	}
	r.structure.report(a)
	if ask.Digest {
		a.Digest, a.DigestAt, err = r.structure.digest()
		if a.Away = errors.Is(err, nrkernel.ErrAway); a.Away {
			err = nil
		}
	}
	return err
}

// snapshot admits another node and writes it the state.
func (k *kernelProcess) snapshot(ask snapshotAsk, a *snapshotAnswer) error {
	r, err := k.running()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(ask.File, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := r.structure.admit(ask.Node, f); err != nil {
		return err
	}
	at, err := f.Stat()
	if err == nil {
		a.Bytes = at.Size()
	}
	return err
}

// quiesce keeps all threads from the state of a kernel that was passed over.
func (k *kernelProcess) quiesce(struct{}, *reply) error {
	r, err := k.running()
	if err != nil {
		return err
	}
	if err := r.structure.quiesce(); err != nil {
		return err
	}
	k.quiesced.Store(true)
	return nil
}

// rejoin takes a snapshot, and lets them go on.
func (k *kernelProcess) rejoin(ask rejoinAsk, _ *reply) error {
	r, err := k.running()
	if err != nil {
		return err
	}
	f, err := os.Open(ask.File)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := r.structure.rejoin(f); err != nil {
		return err
	}
	k.quiesced.Store(false)
	return nil
}

// openPort opens a port and counts it; close it with the function returned.
func (k *kernelProcess) openPort(r *running, node, window int) (kernel.Port, func(), error) {
	p, err := r.structure.newPort(node, window)
	if err != nil {
		return nil, nil, err
	}
	k.threads.Add(1)
	return p, func() {
		// A port that failed cannot be closed, and need not be: the machine stops.
		_ = p.Close()
		k.threads.Add(-1)
	}, nil
}

// kernelCalls are the methods that the supervisor calls.
type kernelCalls struct{ k *kernelProcess }

// Boot tells the process what machine it is part of.
func (c *kernelCalls) Boot(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.boot)
}

// Status asks how it is.
func (c *kernelCalls) Status(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.status)
}

// Snapshot admits another node and writes it the state.
func (c *kernelCalls) Snapshot(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.snapshot)
}

// Quiesce keeps all threads from the state.
func (c *kernelCalls) Quiesce(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.quiesce)
}

// TakeOver makes the caller the supervisor.
func (c *kernelCalls) TakeOver(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.takeOver)
}

// Rejoin takes a snapshot, and lets them go on.
func (c *kernelCalls) Rejoin(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.rejoin)
}

// Sys makes one system call.
func (c *kernelCalls) Sys(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.sys)
}

// Job runs threads.
func (c *kernelCalls) Job(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.job)
}

// Sites sets how many calls pass the probes.
func (c *kernelCalls) Sites(params json.RawMessage, result *json.RawMessage) error {
	return handle(params, result, c.k.sites)
}
