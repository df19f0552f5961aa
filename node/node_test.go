package node_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/transport"
)

// TestMain makes this test binary a kernel process when a machine under test
// executes it again, and a supervisor when a test wants one to kill.
func TestMain(m *testing.M) {
	node.KernelMain()
	supervisorMain()
	goleak.VerifyTestMain(m)
}

// limit bounds every test of a machine.
func limit(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// shortDir returns a run directory whose socket has a short path, whatever the
// name of the test.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nrk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "run")
}

func config(t testing.TB, mode node.Mode, topology string) node.Config {
	t.Helper()
	c := node.DefaultConfig()
	c.Mode, c.Topology, c.RunDir = mode, topology, shortDir(t)
	c.Hugepages = transport.HugepagesOff
	return c
}

// variant is a structure, with a placement where there are several.
type variant struct {
	name      string
	mode      node.Mode
	placement multikernel.Placement
	isolate   bool
}

// variants returns every structure in every placement, and the kernels of the
// multikernel isolated.
func variants() []variant {
	var all []variant
	for _, mode := range node.Modes() {
		all = append(all, variant{name: string(mode), mode: mode})
		if mode == node.ModeMultikernel {
			all = append(all,
				variant{name: "multikernel-isolated", mode: mode, isolate: true},
				variant{name: "multikernel-replicated", mode: mode, placement: multikernel.Replicated, isolate: true})
		}
	}
	return all
}

func (v variant) config(t testing.TB, topology string) node.Config {
	t.Helper()
	c := config(t, v.mode, topology)
	if v.placement != "" {
		c.Placement = string(v.placement)
	}
	c.Isolate = v.isolate
	return c
}

// boot boots a machine that stops with the test, and checks then that nothing
// is left of it.
func boot(t testing.TB, c node.Config) *node.Machine {
	t.Helper()
	// Its life is the test's, however long: the cleanup ends it.
	m, err := node.Boot(context.Background(), c, node.Hooks{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	pids := kernels(t, m)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := m.Stop(ctx); err != nil {
			t.Error(err)
		}
		<-m.Done()
		nothingLeft(t, m.RunDir(), pids)
	})
	return m
}

// kernels returns the processes of a machine's kernels.
func kernels(t testing.TB, m node.API) []int {
	t.Helper()
	s, err := m.Status(limit(t), node.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, k := range s.Kernels {
		pids = append(pids, k.PID)
	}
	return pids
}

// running reports whether a process runs. One that has ended and that nobody has
// waited for yet, because init is slow, does not.
func running(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	state := bytes.TrimSpace(text[bytes.LastIndexByte(text, ')')+1:])
	return state[0] != 'Z'
}

// nothingLeft waits until the processes and the run directory have gone, and
// fails if they do not go.
func nothingLeft(t testing.TB, runDir string, pids []int) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		left = nil
		for _, pid := range pids {
			if running(pid) {
				left = append(left, fmt.Sprintf("process %d", pid))
			}
		}
		if _, err := os.Lstat(runDir); !errors.Is(err, fs.ErrNotExist) {
			left = append(left, runDir)
			entries, _ := os.ReadDir(runDir)
			for _, e := range entries {
				left = append(left, e.Name())
			}
		}
		if left == nil {
			return
		}
	}
	t.Errorf("left behind: %v", left)
}
