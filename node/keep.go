package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/rpc"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A kernel that is kept (Config.Keep) does not end with its supervisor. It listens
// on a socket of its own in the run directory, and serves whoever connects there as
// its next supervisor, one after the other:
//
//	supervisor 1 ──socket pair──▶ kernel     calls, until supervisor 1 dies
//	                              kernel     works on; its threads, the log
//	supervisor 2 ──kernel.N──────▶ kernel    TakeOver first, then calls
//
// A connection is served when all calls of the one before have ended.

// kernelSocket is where kernel n of a machine that is kept is reached: a name no
// longer than that of the control socket.
func kernelSocket(runDir string, n int) string {
	return filepath.Join(runDir, fmt.Sprintf("kernel.%d", n))
}

// kernelSockets is a pattern of all of them.
const kernelSockets = "kernel.*"

// keeper lets another supervisor in.
type keeper struct{ listener *net.UnixListener }

// openKeeper opens the socket of a kernel. One that died may have left its own.
func openKeeper(who identity) (*keeper, error) {
	path := kernelSocket(who.RunDir, who.Kernel)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("socket of a kernel: %w", mapPermission(err))
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("socket of a kernel: %w", mapPermission(err))
	}
	// Whoever stops the machine removes it: another kernel may have it by then.
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("socket of a kernel: %w", err)
	}
	return &keeper{l}, nil
}

// next waits for the next supervisor.
func (k *keeper) next() (net.Conn, error) {
	for {
		conn, err := k.listener.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if peer, err := peerOf(conn); err == nil && (peer.Uid == 0 || int(peer.Uid) == os.Getuid()) {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// serveSupervisors serves the first supervisor, and if the kernel is kept those
// after it. It returns when there will be none.
func (k *kernelProcess) serveSupervisors(server *rpc.Server, conn net.Conn) {
	for {
		server.ServeConn(conn) // until the supervisor closes it or dies, and all calls have ended
		keeper := k.keeper.Load()
		if keeper == nil || k.stopping() {
			return
		}
		var err error
		if conn, err = keeper.next(); err != nil {
			return
		}
	}
}

// takeOverAsk is the first call of a supervisor that did not start the kernel.
type takeOverAsk struct {
	Supervisor int
	// Says is the file that the kernel's standard error is to go to.
	Says string
}

type takeOverAnswer struct {
	reply
	// Quiesced says that the supervisor before was about to rebuild the kernel, or
	// to remove it: its threads wait.
	Quiesced bool
}

// takeOver makes somebody else the kernel's supervisor.
func (k *kernelProcess) takeOver(ask takeOverAsk, a *takeOverAnswer) error {
	says, err := os.OpenFile(ask.Says, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("standard error: %w", err)
	}
	defer func() { _ = says.Close() }()
	if err := syscall.Dup3(int(says.Fd()), int(os.Stderr.Fd()), 0); err != nil {
		return fmt.Errorf("standard error: %w", err)
	}
	k.supervisor.Store(int64(ask.Supervisor))
	a.Quiesced = k.quiesced.Load()
	return nil
}

// lost reports whether the process has lost its supervisor for good.
func (k *kernelProcess) lost() bool {
	supervisor := int(k.supervisor.Load())
	if supervisor == k.who.Supervisor {
		return orphaned(supervisor)
	}
	return !lives(supervisor) // it is no child of that one
}

// lives reports whether a process has not ended, whether or not it was waited for.
func lives(pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return !errors.Is(err, unix.ESRCH)
	}
	defer func() { _ = unix.Close(fd) }()
	return !endsWithin(fd, 0)
}

// endsWithin reports whether the process of a pidfd ends within a time; a negative
// one is for ever.
func endsWithin(pidfd int, d time.Duration) bool {
	for end := time.Now().Add(d); ; {
		left := -1
		if d >= 0 {
			left = int(max(time.Until(end), 0).Milliseconds())
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, left)
		if !errors.Is(err, unix.EINTR) {
			return err == nil && n > 0
		}
	}
}

// reach connects to a kernel that is kept, and returns its process. Without one
// there the error is ErrNotRunning.
func reach(path string) (*net.UnixConn, int, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ECONNREFUSED):
		return nil, 0, fmt.Errorf("%w: %w", ErrNotRunning, err)
	case err != nil:
		return nil, 0, mapPermission(err)
	}
	// The one that listens, also if it is stopped.
	peer, err := peerOf(conn)
	if err != nil {
		_ = conn.Close()
		return nil, 0, err
	}
	return conn, int(peer.Pid), nil
}

// keptKernels returns the processes of the kernels that live in a run directory
// and listen for another supervisor.
func keptKernels(runDir string) (pids []int) {
	paths, _ := filepath.Glob(filepath.Join(runDir, kernelSockets))
	for _, path := range paths {
		conn, pid, err := reach(path)
		if err != nil {
			continue
		}
		_ = conn.Close()
		if stateOf(pid) != 'Z' { // else it is about to have gone
			pids = append(pids, pid)
		}
	}
	return pids
}
