package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The files of a run directory.
const (
	socketFile = "control.sock" // the control socket, mode 0600
	lockFile   = "lock"         // locked (flock) while the machine lives
	pidFile    = "supervisor.pid"
	keptFile   = "kept-machine.json" // a keptMachine, if its kernels are kept
)

// maxSocketPath is the longest path of a Unix socket, in bytes (unix(7)).
const maxSocketPath = 107

// runRoot is where run directories are by default: in the user's own runtime
// directory, which goes with the session, or where such things are.
func runRoot() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "nrkern")
	}
	if os.Getuid() == 0 {
		return "/run/nrkern"
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("nrkern-%d", os.Getuid()))
}

// DefaultRunDir is the run directory of the machine that commands without
// --run-dir speak of.
func DefaultRunDir() string { return filepath.Join(runRoot(), "default") }

// UniqueRunDir returns the name of a run directory that no other machine of
// this user has: for a machine that a program boots for itself.
func UniqueRunDir() string {
	return filepath.Join(runRoot(), fmt.Sprintf("%d-%d", os.Getpid(), unique.Add(1)))
}

var unique atomic.Uint64

// runDir is a run directory that this process has locked.
type runDir struct {
	path string
	// made are the directories that were made for it, the innermost first.
	made []string
	lock *os.File
}

func (d *runDir) file(name string) string { return filepath.Join(d.path, name) }

// claimRunDir makes a run directory, if it is not there, locks it, and removes
// what a machine that died left in it. It fails with ErrAlreadyRunning if a
// machine lives there.
func claimRunDir(path string) (*runDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	if n := len(filepath.Join(path, socketFile)); n > maxSocketPath {
		return nil, usagef("run directory %s: the path of its socket would have %d bytes, and Unix sockets take %d: give a shorter --run-dir", path, n, maxSocketPath)
	}
	d := &runDir{path: path}
	// What died there may be about to tidy up, which takes the lock for a
	// moment and removes the directory: try for a while.
	for deadline := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err := d.make(); err != nil {
			if errors.Is(err, fs.ErrNotExist) && time.Now().Before(deadline) {
				continue // a parent was removed meanwhile
			}
			return nil, err
		}
		d.lock, err = lockRunDir(path)
		if err == nil {
			break
		}
		if errors.Is(err, fs.ErrNotExist) && time.Now().Before(deadline) {
			continue
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("run directory %s: lock: %w", path, mapPermission(err))
		}
		pid, ok := supervisorOf(path)
		if (!ok || !alive(pid)) && time.Now().Before(deadline) {
			continue
		}
		if !ok {
			return nil, fmt.Errorf("%w: run directory %s is locked by a machine that is booting or stopping: wait, or use another --run-dir", ErrAlreadyRunning, path)
		}
		return nil, fmt.Errorf("%w: run directory %s belongs to the machine of process %d: stop it with `nrkern stop --run-dir %s`, or use another --run-dir", ErrAlreadyRunning, path, pid, path)
	}
	if kept := keptKernels(path); len(kept) > 0 {
		_ = d.lock.Close()
		return nil, fmt.Errorf("%w: run directory %s: the supervisor has died, and the kernels, processes %v, go on: take them over with `nrkern start --attach`, or end them with `nrkern stop`", ErrAlreadyRunning, path, kept)
	}
	if k, err := readKept(path, ""); err == nil && len(d.made) == 0 {
		d.made = k.Made
	}
	d.removeFiles()
	if err := d.sign(); err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// sign says whose the directory is.
func (d *runDir) sign() error {
	if err := os.WriteFile(d.file(pidFile), fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600); err != nil {
		return fmt.Errorf("run directory: %w", mapPermission(err))
	}
	return nil
}

// make makes the directory and its parents, and refuses one that others could
// change: the parents may be in a directory that all can write, as /tmp is.
func (d *runDir) make() error {
	d.made = nil
	for dir := d.path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		d.made = append(d.made, dir)
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		if errors.Is(err, unix.ENOTDIR) {
			return usagef("run directory %s: it, or what it is in, is no directory: give another --run-dir", d.path)
		}
		return fmt.Errorf("run directory: %w", mapPermission(err))
	}
	var st unix.Stat_t
	if err := unix.Lstat(d.path, &st); err != nil {
		if errors.Is(err, unix.ENOENT) {
			return nil // gone again; the caller tries again
		}
		return fmt.Errorf("run directory %s: %w", d.path, mapPermission(err))
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return usagef("run directory %s: it is no directory: give another --run-dir", d.path)
	case int(st.Uid) != os.Getuid():
		return fmt.Errorf("run directory %s: %w: it belongs to user %d, and you are %d: give another --run-dir", d.path, ErrPermission, st.Uid, os.Getuid())
	case st.Mode&0o022 != 0:
		return fmt.Errorf("run directory %s: %w: others may write it (mode %#o): chmod 700 it, or give another --run-dir", d.path, ErrPermission, st.Mode&0o777)
	}
	return nil
}

// lockRunDir locks a run directory, or fails with EWOULDBLOCK. The lock is
// that of the file that is there when it is taken: one that was removed
// meanwhile, by a machine that stopped, does not count (ErrNotExist).
func lockRunDir(path string) (*os.File, error) {
	name := filepath.Join(path, lockFile)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	mine, err := f.Stat()
	if err == nil {
		var there os.FileInfo
		if there, err = os.Stat(name); err == nil && os.SameFile(mine, there) {
			return f, nil
		}
	}
	_ = f.Close()
	return nil, fmt.Errorf("%s: %w: it was removed meanwhile", name, fs.ErrNotExist)
}

func (d *runDir) removeFiles() {
	_ = os.Remove(d.file(socketFile))
	_ = os.Remove(d.file(pidFile))
	_ = os.Remove(d.file(keptFile))
	sockets, _ := filepath.Glob(d.file(kernelSockets))
	for _, s := range sockets {
		// What others gave such a name is not ours.
		if st, err := os.Lstat(s); err == nil && st.Mode().Type() == fs.ModeSocket {
			_ = os.Remove(s)
		}
	}
}

// release removes the files, the directories that were made for them if they
// are empty, and the lock.
func (d *runDir) release() {
	d.removeFiles()
	_ = os.Remove(d.file(lockFile))
	for _, dir := range d.made {
		_ = os.Remove(dir)
	}
	if root := runRoot(); filepath.Dir(d.path) == root {
		_ = os.Remove(root) // the last machine of several that were there
	}
	_ = d.lock.Close()
}

// supervisorOf returns the process that says it has a run directory.
func supervisorOf(path string) (pid int, ok bool) {
	text, err := os.ReadFile(filepath.Join(path, pidFile))
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil && pid > 0
}

// alive reports whether there is a process of that number.
func alive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}

// mapPermission adds ErrPermission to what the system said, so that a command
// can tell a missing privilege from the rest.
func mapPermission(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", ErrPermission, err)
	}
	return err
}
