package node_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/node"
)

// TestSecondStart: one machine a run directory, and the first is not disturbed.
func TestSecondStart(t *testing.T) {
	m := boot(t, config(t, node.ModeNR, "2x1"))
	c := m.Config()
	_, err := node.Boot(limit(t), c, node.Hooks{})
	if !errors.Is(err, node.ErrAlreadyRunning) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("a second start: %v, want ErrAlreadyRunning that names process %d", err, os.Getpid())
	}
	sys(t, dial(t, m.RunDir()), 0, "put", "1", "1")
}

// TestStaleFiles: what a machine that died left in the run directory does not
// hinder the next, and what is not of a machine is not touched.
func TestStaleFiles(t *testing.T) {
	c := config(t, node.ModeNR, "2x1")
	if err := os.MkdirAll(c.RunDir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"control.sock", "lock", "supervisor.pid", "kept-machine.json", "kernel.img"} {
		if err := os.WriteFile(filepath.Join(c.RunDir, name), []byte("4194304\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := node.Dial(c.RunDir); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("dial with stale files: %v, want ErrNotRunning", err)
	}
	m, err := node.Boot(limit(t), c, node.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"control.sock": 0o600, "lock": 0o600, "supervisor.pid": 0o600} {
		if st, err := os.Stat(filepath.Join(c.RunDir, name)); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	if err := m.Stop(limit(t)); err != nil {
		t.Fatal(err)
	}
	<-m.Done()
	entries, err := os.ReadDir(c.RunDir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "kernel.img" {
		t.Errorf("after the stop the directory holds %v (%v), want kernel.img", entries, err)
	}
}

// TestForeignRunDir: a directory that others can write is not trusted.
func TestForeignRunDir(t *testing.T) {
	c := config(t, node.ModeNR, "2x1")
	if err := os.MkdirAll(c.RunDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.RunDir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := node.Boot(limit(t), c, node.Hooks{}); !errors.Is(err, node.ErrPermission) || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a directory of mode 0777: %v, want ErrPermission", err)
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make directories of other users")
	}
	if err := os.Chmod(c.RunDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(c.RunDir, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := node.Boot(limit(t), c, node.Hooks{}); !errors.Is(err, node.ErrPermission) || !strings.Contains(err.Error(), "12345") {
		t.Errorf("another user's directory: %v, want ErrPermission", err)
	}
}

// TestNoMachine: a directory without one, and one that is not there.
func TestNoMachine(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := node.Dial(dir); !errors.Is(err, node.ErrNotRunning) || !strings.Contains(err.Error(), "nrkern start") {
			t.Errorf("dial %s: %v, want ErrNotRunning with the remedy", dir, err)
		}
	}
}

// TestManyMachines: several machines at a time in one process, and the names
// that are made up for them.
func TestManyMachines(t *testing.T) {
	if a, b := node.UniqueRunDir(), node.UniqueRunDir(); a == b {
		t.Errorf("%s twice", a)
	}
	t.Setenv("XDG_RUNTIME_DIR", filepath.Dir(shortDir(t))) // the path of a socket is short
	if got, want := node.DefaultRunDir(), filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "nrkern/default"); got != want {
		t.Errorf("default run directory %s, want %s", got, want)
	}
	// Made in the same directory, stopped in the same order: the directory goes
	// with the last.
	root := filepath.Dir(node.DefaultRunDir())
	t.Cleanup(func() {
		if entries, err := os.ReadDir(root); err == nil {
			t.Errorf("%s is left with %v", root, entries)
		}
	})
	one, other := config(t, node.ModeNR, "2x1"), config(t, node.ModeBigLock, "2x1")
	one.RunDir, other.RunDir = node.UniqueRunDir(), node.UniqueRunDir()
	b := boot(t, other)
	a := boot(t, one)
	sys(t, a, 0, "put", "1", "1")
	if got := sys(t, b, 0, "get", "1"); got.Text != "key 1: not found" {
		t.Errorf("another machine's key: %q", got.Text)
	}
	if err := b.Stop(limit(t)); err != nil { // before a, which booted later
		t.Error(err)
	}
}
