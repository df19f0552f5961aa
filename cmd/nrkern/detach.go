package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// start --detach runs itself once more, in a session of its own, and waits
// until that process says on a pipe that its machine runs, or ends:
//
//	nrkern start --detach            nrkern start --detach --ready-fd=3
//	  fork, with the pipe as fd 3 ─▶   boots; says what it must on our stderr
//	  reads the pipe              ◀─   lets go of our stderr, writes {"pid":...}
//	  prints the pid, returns          waits for the end of the machine

// detached is what `nrkern start --detach -o json` prints, and what the process
// writes to the pipe.
type detachedReport struct {
	PID    int    `json:"pid"` // of the supervisor
	RunDir string `json:"run_dir"`
}

// pipeFD is the number that the first of exec.Cmd.ExtraFiles gets.
const pipeFD = 3

// detached starts the other process and waits for its machine.
func (f *starting) detached(ctx context.Context, s *session) error {
	if f.logFile != "" { // an error of this is ours to tell
		file, err := openLog(f.logFile)
		if err != nil {
			return err
		}
		_ = file.Close()
	}
	ready, theirs, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() { _ = ready.Close() }()
	again := &exec.Cmd{
		// The file that runs now, also if another has taken its name.
		Path: "/proc/self/exe", Args: append(append([]string{os.Args[0]}, s.args...), "--ready-fd="+strconv.Itoa(pipeFD)),
		Stderr: s.err, ExtraFiles: []*os.File{theirs},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = again.Start()
	_ = theirs.Close()
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	// Ctrl-C is not heard in the other session: pass it on.
	unhook := context.AfterFunc(ctx, func() { _ = again.Process.Signal(syscall.SIGTERM) })
	defer unhook()

	var report detachedReport
	line, err := bufio.NewReader(ready).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &report)
	}
	if err == nil && ctx.Err() == nil {
		return s.print(result{
			data:  report,
			table: func(w io.Writer) error { _, err := fmt.Fprintln(w, report.PID); return err },
			csv:   func() [][]string { return [][]string{{"pid", "run_dir"}, {strconv.Itoa(report.PID), report.RunDir}} },
		})
	}
	// It ended, or is about to, and has said why.
	var exit *exec.ExitError
	if err := again.Wait(); errors.As(err, &exit) && exit.Exited() {
		return &exitedError{status: exit.ExitCode()}
	} else if err != nil {
		return fmt.Errorf("start: the supervisor ended before its machine was running: %w", err)
	}
	return errors.New("start: the machine was stopped before it was running")
}

// behind is inFront for the process that detached started.
func (f *starting) behind(ctx context.Context, s *session) error {
	syscall.CloseOnExec(f.readyFD)
	ready := os.NewFile(uintptr(f.readyFD), "ready")
	if ready == nil {
		return &usageError{text: fmt.Sprintf("--ready-fd %d: not open", f.readyFD)}
	}
	m, err := f.boot(ctx, s.log)
	if err != nil {
		return err
	}
	err = f.letGo()
	if err == nil {
		err = json.NewEncoder(ready).Encode(detachedReport{PID: os.Getpid(), RunDir: m.RunDir()})
	}
	if err != nil { // nobody knows of this machine
		return join(fmt.Errorf("start: %w", err), m.Stop(context.WithoutCancel(ctx)))
	}
	_ = ready.Close()
	return m.Wait()
}

// letGo replaces standard output and error, which are those of the command that
// is about to return, by the log file or nothing.
func (f *starting) letGo() error {
	file, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if f.logFile != "" {
		file, err = openLog(f.logFile)
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for _, fd := range []int{1, 2} {
		if err := syscall.Dup3(int(file.Fd()), fd, 0); err != nil {
			return fmt.Errorf("redirect descriptor %d: %w", fd, err)
		}
	}
	return nil
}
