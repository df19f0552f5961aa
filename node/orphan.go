package node

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tidyLimit is how long an orphaned kernel may take to tidy up.
	tidyLimit = 3 * time.Second
	// tidyPatience is how long it tries to get the lock of the run directory:
	// the dying supervisor lets go of it when its last thread has ended.
	tidyPatience = time.Second
)

// orphaned reports whether the process has lost its supervisor.
func orphaned(supervisor int) bool { return os.Getppid() != supervisor }

// becomesOrphan waits a moment for the signs that the supervisor has died.
func becomesOrphan(k *kernelProcess, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(200 * time.Millisecond); time.Now().Before(deadline); {
		select {
		case <-ended:
			return true
		case <-time.After(5 * time.Millisecond):
		}
		if k.lost() {
			return true
		}
	}
	return false
}

// tidy does what a supervisor that died cannot: it removes the files of the
// run directory, and kills the kernels that do not end by themselves because
// they are stopped. Of several kernels the one that gets the lock does it.
func tidy(who identity, b *board) {
	d := &runDir{path: who.RunDir, made: who.Made}
	for deadline := time.Now().Add(tidyPatience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Lstat(d.path); errors.Is(err, fs.ErrNotExist) {
			return // another kernel was first
		}
		var err error
		if d.lock, err = lockRunDir(d.path); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return
		}
	}
	if pid, ok := supervisorOf(d.path); ok && pid != who.Supervisor {
		_ = d.lock.Close() // another machine's by now
		return
	}
	if b != nil {
		for n := range b.nodes {
			killPeer(b.nodes[n])
		}
	}
	d.release()
}

// killPeer kills a kernel of this machine, if it is another and still there.
func killPeer(w *nodeWords) {
	pid, born := int(w.PID.Load()), w.Born.Load()
	if pid == 0 || pid == os.Getpid() {
		return
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	// The descriptor is of whoever has the number now: see that it is the one.
	if now, err := bornAt(pid); err == nil && now == born {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	}
}

// isStopped reports whether a process is stopped, by a signal or a debugger.
func isStopped(pid int) bool {
	s := stateOf(pid)
	return s == 'T' || s == 't'
}

// stateOf returns the letter that Linux has for the state of a process (proc(5)), 0
// for none.
func stateOf(pid int) byte {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	after := text[bytes.LastIndexByte(text, ')')+1:]
	if len(after) < 2 {
		return 0
	}
	return after[1]
}

// bornAt returns when a process started, in clock ticks since the system did.
func bornAt(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold anything. After it comes field 3; the
	// start time is field 22 (proc(5)).
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const startTime = 22 - 3
	if len(fields) <= startTime {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields)+2)
	}
	return strconv.ParseUint(string(fields[startTime]), 10, 64)
}
