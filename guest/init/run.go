package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/guest/wire"
)

// environment is what every command gets besides its own variables.
var environment = []string{"PATH=/bin", "HOME=/root", "TMPDIR=/tmp", "XDG_RUNTIME_DIR=/run"}

// outputGrace is how long a command that is gone may leave its output open
// before the plan goes on. It matters only where a child holds it.
const outputGrace = 2 * time.Second

// run runs one command to its end and sends its output as it comes.
func run(enc *wire.Encoder, index int, c wire.Command) wire.Exit {
	begin := time.Now()
	fail := func(err error) wire.Exit {
		return wire.Exit{Code: -1, Error: err.Error(), Elapsed: time.Since(begin)}
	}
	if len(c.Args) == 0 {
		return fail(errors.New("no program is named"))
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fail(err)
	}
	defer null.Close()
	out, outPump, err := pump(enc, index, wire.Stdout)
	if err != nil {
		return fail(err)
	}
	defer out.Close()
	errOut, errPump, err := pump(enc, index, wire.Stderr)
	if err != nil {
		return fail(err)
	}
	defer errOut.Close()

	proc, err := os.StartProcess(c.Args[0], c.Args, &os.ProcAttr{
		Dir:   cmp.Or(c.Dir, "/"),
		Env:   append(append([]string{}, environment...), c.Env...),
		Files: []*os.File{null, out, errOut},
		// A session, and so a process group, of its own: a timeout reaches the
		// children too.
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fail(err)
	}
	pid := proc.Pid
	_ = proc.Release() // reap waits by number.

	killed := killAfter(pid, c.Timeout)
	status := reap(pid)
	exit := wire.Exit{Code: status.ExitStatus(), TimedOut: killed()}
	if status.Signaled() {
		exit.Signal = int(status.Signal())
	}
	out.Close()
	errOut.Close()
	grace := time.After(outputGrace)
	for _, p := range []pumped{outPump, errPump} {
		select {
		case <-p.closed:
			<-p.sent
		case <-grace:
			exit.OutputOpen = true
			grace = time.After(0)
		}
	}
	exit.Elapsed = time.Since(begin)
	return exit
}

// reap waits for every child there is until the command itself has ended.
// Orphans fall to PID 1: left alone they would stay in /proc as zombies, and a
// test that nothing is left behind would find them.
func reap(command int) unix.WaitStatus {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		if err != nil && !errors.Is(err, unix.EINTR) {
			panic(fmt.Errorf("waiting for process %d: %w", command, err))
		}
		if pid == command {
			return status
		}
	}
}

// killAfter kills a process group after a time, unless the returned
// function, which says whether it did, is called before.
func killAfter(pid int, timeout time.Duration) (killed func() bool) {
	if timeout <= 0 {
		return func() bool { return false }
	}
	var mu sync.Mutex
	over, fired := false, false
	timer := time.AfterFunc(timeout, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			fired = true
			_ = unix.Kill(-pid, unix.SIGKILL)
		}
	})
	return func() bool {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		return fired
	}
}

// pumped tells how far a pump is.
type pumped struct {
	closed <-chan struct{} // nobody holds the end that the command writes to
	sent   <-chan struct{} // and the last byte of it is sent
}

// pump returns the end of a pipe that a command writes to, and sends what
// comes out of it. Reading goes ahead of sending, as far as the queue is deep:
// a serial line is slow, and a command should not take longer for it.
func pump(enc *wire.Encoder, index int, kind wire.Kind) (*os.File, pumped, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, pumped{}, err
	}
	const queued = (8 << 20) / wire.MaxData
	queue := make(chan []byte, queued)
	closed, sent := make(chan struct{}), make(chan struct{})
	go func() {
		defer r.Close()
		defer close(closed)
		defer close(queue)
		for {
			buf := make([]byte, wire.MaxData)
			n, err := r.Read(buf)
			if n > 0 {
				queue <- buf[:n]
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				panic(fmt.Errorf("output of command %d: %w", index, err))
			}
		}
	}()
	go func() {
		defer close(sent)
		for data := range queue {
			if err := enc.Send(wire.Frame{Kind: kind, Command: index, Data: data}); err != nil {
				panic(err)
			}
		}
	}()
	return w, pumped{closed, sent}, nil
}
