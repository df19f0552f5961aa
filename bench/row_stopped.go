package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// stoppedKernel writes at one replica while the process that has the other is
// stopped (SIGSTOP) and so cannot apply the log: slowly, so that the log has
// room for all that is written meanwhile, and at full speed, when it fills.
func stoppedKernel(s *Session) ([]Line, error) {
	if s.Self == "" {
		return nil, fmt.Errorf("%w: the command was not told its own path, to start the peer kernel from", ErrNotMeasured)
	}
	var lines []Line
	for _, c := range []struct {
		point string
		pace  time.Duration
	}{{"a write every 50 us", 50 * time.Microsecond}, {"writes at full speed", 0}} {
		line, err := s.stallRow(c.point, func() (*slowWrites, error) { return s.stopOnce(c.pace) })
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// The segment that both kernels share.
const (
	stoppedLog   = "log"
	stoppedWords = "bench.words"
)

// peerWords is how the kernels of the row speak of their life.
type peerWords struct{ ready, stop transport.Line }

func (s *Session) stopOnce(pace time.Duration) (watch *slowWrites, err error) {
	// The peer dies with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	layout := new(transport.Layout)
	if err := layout.AddLog(stoppedLog, nrkernel.DefaultLogSlots, 2, 0); err != nil {
		return nil, err
	}
	layout.Add(stoppedWords, 0, 2*transport.LineSize)
	node := max(numa.CurrentNode(), 0)
	segment, err := transport.Create(layout, transport.Options{Hugepages: transport.HugepagesOff, Memory: []int{node, node}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, segment.Close()) }()
	replica, words, err := openStopped(segment, 0, s.Keys)
	if err != nil {
		return nil, err
	}
	peer, end, err := s.startPeer(segment, words)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	port, err := replica.NewPort(1)
	if err != nil {
		return nil, err
	}
	var (
		stop    atomic.Bool
		writing sync.WaitGroup
		failure error
		stopped atomic.Bool
	)
	watch = s.newSlowWrites(stopped.Load)
	writing.Go(func() {
		runtime.LockOSThread() // for life: the thread stays pinned
		if failure = numa.Pin(s.cpus[0]); failure == nil {
			failure = s.writerLoop(port, watch, &stop, pace)
		}
	})
	time.Sleep(5 * time.Millisecond)
	signalled := peer.Signal(syscall.SIGSTOP)
	stopped.Store(true)
	time.Sleep(s.Stall)
	stop.Store(true) // after the write that is under way
	signalled = errors.Join(signalled, peer.Signal(syscall.SIGCONT))
	writing.Wait()
	return watch, errors.Join(failure, signalled)
}

// openStopped opens a kernel's side of the segment.
func openStopped(segment *transport.Segment, id int, keys uint64) (*nrkernel.Replica, *peerWords, error) {
	store, err := transport.OpenLog(segment, stoppedLog)
	if err != nil {
		return nil, nil, err
	}
	if id == 0 {
		nrkernel.Prepare(store)
	}
	words, err := transport.View[peerWords](segment, stoppedWords, 0)
	if err != nil {
		return nil, nil, err
	}
	r, err := nrkernel.NewReplica(store, kernel.Single(newFixedTable(keys)), nrkernel.Config{ID: id, Policy: &transport.Dedicated})
	return r, words, err
}

// startPeer starts the process of the second kernel and waits for it.
func (s *Session) startPeer(segment *transport.Segment, words *peerWords) (*os.Process, func() error, error) {
	file, err := fileOf(segment)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	cmd := exec.Command(s.Self, peerMode, strconv.Itoa(s.cpus[1]), strconv.FormatUint(s.Keys, 10))
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{file}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("%w: start the peer kernel: %w", ErrNotMeasured, err)
	}
	end := func() error {
		words.stop.Swap(1)
		return cmd.Wait()
	}
	for limit := time.Now().Add(10 * time.Second); words.ready.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			_ = cmd.Process.Kill()
			return nil, nil, errors.Join(errors.New("the peer kernel does not come up"), cmd.Wait())
		}
	}
	return cmd.Process, end, nil
}

func fileOf(segment *transport.Segment) (*os.File, error) {
	fd, err := syscall.Dup(segment.FD())
	if err != nil {
		return nil, fmt.Errorf("hand the segment on: %w", err)
	}
	return os.NewFile(uintptr(fd), "segment"), nil
}

// peer is the second kernel: it attends to its replica until it is told to
// stop.
func peer(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("%s: want CPU and KEYS", peerMode)
	}
	cpu, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	keys, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	segment, err := transport.Open(3)
	if err != nil {
		return err
	}
	replica, words, err := openStopped(segment, 1, keys)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if err := numa.Pin(cpu); err != nil {
		return err
	}
	words.ready.Swap(1)
	return errors.Join(combining.Attend(replica, &words.stop.Word, &transport.Dedicated), segment.Close())
}
