package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// callsVersion is the version of what a supervisor and its kernels say to each
// other and of the control words in the segment: one program takes over the
// kernels of another only if it is the same. TestCallsVersion fails when they
// change and this does not.
const callsVersion = 1

// keptMachine is what the supervisor of a machine that is kept leaves in the run
// directory, for the next. Where the kernels are is in their sockets, and what
// becomes of nodes in the segment.
type keptMachine struct {
	Layout   int              `json:"layout_version"`
	Calls    int              `json:"calls_version"`
	Version  string           `json:"version"`
	Config   Config           `json:"config"`
	Topology *numa.Topology   `json:"topology"`
	Policy   transport.Policy `json:"wait_policy"`
	Started  time.Time        `json:"started"`
	Made     []string         `json:"made_directories"`
	Warnings []string         `json:"warnings"`
}

// writeKept leaves it: aside, and renamed, so that nobody reads a half.
func (m *Machine) writeKept() error {
	text, err := json.MarshalIndent(keptMachine{
		Layout: transport.LayoutVersion, Calls: callsVersion, Version: m.hooks.Version,
		Config: m.config, Topology: m.topology, Policy: *m.policy, Started: m.started, Made: m.dir.made, Warnings: m.Warnings(),
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("run directory: %s: %w", keptFile, err)
	}
	path := m.dir.file(keptFile)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("run directory: %w", mapPermission(err))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("run directory: %w", mapPermission(err))
	}
	return nil
}

// readKept reads what a supervisor left, and refuses that of a program that this
// one cannot follow.
func readKept(runDir, version string) (*keptMachine, error) {
	path := filepath.Join(runDir, keptFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: run directory %s: no kernels were kept there: only a machine that was started with --keep can be taken over", ErrNotRunning, runDir)
	}
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", mapPermission(err))
	}
	k := new(keptMachine)
	// What another version wrote may be anything: its numbers first.
	var numbers struct {
		Layout  int    `json:"layout_version"`
		Calls   int    `json:"calls_version"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal(text, &numbers); err != nil {
		return nil, fmt.Errorf("%s: %w: `nrkern stop` ends the kernels", path, err)
	}
	if numbers.Layout != transport.LayoutVersion || numbers.Calls != callsVersion {
		return nil, fmt.Errorf("%w: the machine of %s was started by nrkern %s (segment layout %d, calls %d), and this is %s (segment layout %d, calls %d): take it over with that nrkern, or end it with `nrkern stop`",
			ErrVersion, runDir, numbers.Version, numbers.Layout, numbers.Calls, version, transport.LayoutVersion, callsVersion)
	}
	if err := json.Unmarshal(text, k); err != nil {
		return nil, fmt.Errorf("%s: %w: `nrkern stop` ends the kernels", path, err)
	}
	if k.Topology == nil || len(k.Topology.Nodes) < 1 || len(k.Topology.Nodes) > numa.MaxNodes {
		return nil, fmt.Errorf("%s: it has no topology: `nrkern stop` ends the kernels", path)
	}
	return k, nil
}

// lockKept locks the run directory of a machine whose supervisor died.
func lockKept(path string) (*runDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	d := &runDir{path: path}
	// A supervisor that was killed lets go when its last thread has ended.
	for deadline := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: there is no run directory %s", ErrNotRunning, path)
		}
		d.lock, err = lockRunDir(path)
		switch {
		case err == nil:
			return d, nil
		case errors.Is(err, fs.ErrNotExist):
		case !errors.Is(err, unix.EWOULDBLOCK):
			return nil, fmt.Errorf("run directory %s: lock: %w", path, mapPermission(err))
		}
		if time.Now().Before(deadline) {
			continue
		}
		pid, _ := supervisorOf(path)
		return nil, fmt.Errorf("%w: the machine of %s has a supervisor, process %d, which lives: to end the machine, `nrkern stop`", ErrAlreadyRunning, path, pid)
	}
}

// unlock lets go of a run directory and leaves what is in it, for whoever is next.
func (d *runDir) unlock() { _ = d.lock.Close() }

// EndKept ends the kernels of a machine whose supervisor died, and removes what is
// left in its run directory. It fails with ErrNotRunning if none live there, and
// with ErrAlreadyRunning if the supervisor does.
func EndKept(ctx context.Context, path string) error {
	if path == "" {
		path = DefaultRunDir()
	}
	d, err := lockKept(path)
	if err != nil {
		return err
	}
	kept := keptKernels(d.path)
	if k, err := readKept(d.path, ""); err == nil {
		d.made = k.Made
	}
	defer d.release()
	if len(kept) == 0 {
		return fmt.Errorf("%w: run directory %s", ErrNotRunning, d.path)
	}
	var ends sync.WaitGroup
	for _, pid := range kept {
		ends.Go(func() { endKernel(ctx, pid) })
	}
	ends.Wait()
	return nil
}

// endKernel ends a process: it is asked first.
func endKernel(ctx context.Context, pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	_ = unix.PidfdSendSignal(fd, unix.SIGTERM, nil, 0)
	for asked := time.Now(); ctx.Err() == nil && time.Since(asked) < termPatience; {
		if endsWithin(fd, 20*time.Millisecond) {
			return
		}
	}
	_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	endsWithin(fd, termPatience)
}
