package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/transport"
)

// child is a kernel process as its supervisor sees it.
type child struct {
	number int // of the process: its node, or 0 for the one of the big lock
	whole  bool
	at     place

	process *os.Process
	conn    net.Conn
	calls   *rpc.Client
	said    *tail
	speaks  *os.File // of one that is taken over: where it is to say it

	// busy says that it gives a snapshot, or takes one: it does not move meanwhile.
	busy atomic.Bool
	// laggard says that it has not moved for long.
	laggard atomic.Bool

	exited chan struct{} // closed when the process has been reaped
	end    *os.ProcessState
	endErr error
}

// name is what messages call the child.
func (c *child) name() string {
	if c.whole {
		return fmt.Sprintf("the kernel (pid %d)", c.process.Pid)
	}
	return fmt.Sprintf("kernel of node %d (pid %d)", c.number, c.process.Pid)
}

// startChild starts a kernel process: this program, executed again at its
// place, with the segment and one end of a socket pair.
func startChild(f *forker, s *transport.Segment, who identity, c *child, heard func(line string)) error {
	mark, err := json.Marshal(who)
	if err != nil {
		return err
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, envKernel+"=") })
	env = append(env, envKernel+"="+string(mark))

	nowhere, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = nowhere.Close() }()
	said, speaks, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	defer func() { _ = speaks.Close() }()
	segment, err := duplicate(s.FD())
	if err != nil {
		_ = said.Close()
		return err
	}
	defer func() { _ = segment.Close() }()
	ours, theirs, err := socketPair()
	if err != nil {
		_ = said.Close()
		return err
	}
	defer func() { _ = theirs.Close() }()

	argv := []string{"nrkern-kernel", fmt.Sprint(who.Kernel)}
	c.process, err = f.start(c.at, "/proc/self/exe", argv, kernelAttr(who.Keep, env, nowhere, speaks, speaks, segment, theirs))
	if err != nil {
		_ = said.Close()
		_ = ours.Close()
		return err
	}
	c.conn, c.calls = ours, rpc.NewClient(ours)
	c.said = newTail(said, heard)
	c.exited = make(chan struct{})
	go func() {
		// The runtime waits on a pidfd, so this is noticed at once.
		c.end, c.endErr = c.process.Wait()
		c.said.finish()
		_ = c.calls.Close()
		close(c.exited)
	}()
	return nil
}

// duplicate returns a file for a copy of a descriptor.
func duplicate(fd int) (*os.File, error) {
	copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate descriptor %d: %w", fd, err)
	}
	return os.NewFile(uintptr(copied), "segment"), nil
}

// gone reports whether the process has been reaped.
func (c *child) gone() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// death says how the process ended, and what it said last.
func (c *child) death() error {
	err := fmt.Errorf("%w: %s %s", ErrKernelDied, c.name(), describeEnd(c.end, c.endErr))
	if last := c.said.last(); last != "" {
		err = fmt.Errorf("%w; it said last:\n%s", err, last)
	}
	return err
}

func describeEnd(s *os.ProcessState, err error) string {
	if errors.Is(err, errAdopted) {
		return "ended"
	}
	if s == nil {
		return fmt.Sprintf("could not be waited for: %v", err)
	}
	status, ok := s.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
		return "ended: " + s.String()
	case status.Signaled():
		text := "was killed by " + unix.SignalName(status.Signal())
		if status.Signal() == unix.SIGKILL {
			text += " (by somebody, or for want of memory: see dmesg)"
		}
		return text
	case status.ExitStatus() == exitTerminated:
		return "ended on SIGTERM"
	default:
		return fmt.Sprintf("ended with status %d", status.ExitStatus())
	}
}

// signal sends a signal to a process that has not been reaped.
func (c *child) signal(s os.Signal) {
	if c.gone() {
		return // its number may be another's
	}
	if err := c.process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		_ = c.process.Kill()
	}
}
