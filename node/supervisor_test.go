package node_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
)

// envSupervise makes this test binary boot the machine of a Config (JSON) and
// stay until it stops, as `nrkern start` does.
const envSupervise = "NRKERN_TEST_SUPERVISE"

// envAttach makes it take over a machine in the Config's run directory instead.
const envAttach = "NRKERN_TEST_ATTACH"

func supervisorMain() {
	text, ok := os.LookupEnv(envSupervise)
	if !ok {
		return
	}
	_ = os.Unsetenv(envSupervise)
	if err := supervise(text, os.Getenv(envAttach) != ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func supervise(text string, attach bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	var c node.Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	_ = os.Unsetenv(envAttach)
	var m *node.Machine
	var err error
	if attach {
		m, err = node.Attach(ctx, c.RunDir, node.Hooks{Version: "test"})
	} else {
		m, err = node.Boot(ctx, c, node.Hooks{Version: "test"})
	}
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return m.Wait()
}

// supervisor is a machine whose supervisor is a process of its own.
type supervisor struct {
	cmd    *exec.Cmd
	stderr *strings.Builder
	client *node.Client
	runDir string
	pids   []int
}

// startSupervisor starts a supervisor in a process group of its own.
func startSupervisor(t *testing.T, c node.Config, env ...string) *supervisor {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	s := &supervisor{cmd: exec.Command("/proc/self/exe"), stderr: new(strings.Builder), runDir: c.RunDir}
	s.cmd.Env = append(append(os.Environ(), envSupervise+"="+string(text)), env...)
	s.cmd.Stderr = s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.WaitDelay = time.Minute
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		_ = s.cmd.Wait()
		t.Fatalf("the supervisor said %q (%v): %s", line, err, s.stderr)
	}
	if s.client, err = node.Dial(c.RunDir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	s.pids = kernels(t, s.client)
	return s
}

// kill kills the supervisor.
func (s *supervisor) kill() {
	_ = s.cmd.Process.Signal(unix.SIGKILL)
	_ = s.cmd.Wait()
}

// TestKilledSupervisor kills supervisors in ways that leave them no time to
// stop anything, and looks for what is left.
func TestKilledSupervisor(t *testing.T) {
	for _, mode := range node.Modes() {
		for _, c := range []struct {
			name   string
			before func(*supervisor) // the supervisor is killed
		}{
			{"idle", func(*supervisor) {}},
			{"working", func(s *supervisor) {
				go func() {
					ask := node.DefaultBenchRequest()
					ask.Duration = time.Minute
					_, _ = s.client.Bench(context.Background(), ask)
				}()
				waitFor(t, func() bool {
					st, err := s.client.Status(limit(t), node.StatusRequest{})
					return err == nil && st.Job == "bench" && st.Kernels[0].Threads > 0
				})
			}},
			{"with a stopped kernel", func(s *supervisor) {
				pid := s.pids[len(s.pids)-1]
				_ = unix.Kill(pid, unix.SIGSTOP)
				// A stop takes effect thread by thread. Linux continues what is stopped
				// when the supervisor dies, not what is about to be.
				waitFor(t, func() bool { return stopped(t, pid) })
			}},
		} {
			t.Run(string(mode)+"/"+c.name, func(t *testing.T) {
				s := startSupervisor(t, config(t, mode, "2x1"))
				c.before(s)
				killed := time.Now()
				s.kill()
				nothingLeft(t, s.runDir, s.pids)
				t.Logf("nothing was left %v after its supervisor was killed", time.Since(killed).Round(time.Millisecond))
				if _, err := s.client.Status(limit(t), node.StatusRequest{}); !errors.Is(err, node.ErrNotRunning) {
					t.Errorf("status of a dead machine: %v, want ErrNotRunning", err)
				}
			})
		}
	}
}

// TestSignalsStopOrderly sends what a terminal or a service manager sends.
func TestSignalsStopOrderly(t *testing.T) {
	for _, c := range []struct {
		name   string
		signal unix.Signal
		group  bool
	}{
		{"Ctrl-C to the group", unix.SIGINT, true},
		{"hang-up of the group", unix.SIGHUP, true},
		{"SIGTERM to the supervisor", unix.SIGTERM, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startSupervisor(t, config(t, node.ModeNR, "2x1"))
			pid := s.cmd.Process.Pid
			if c.group {
				pid = -pid
			}
			if err := unix.Kill(pid, c.signal); err != nil {
				t.Fatal(err)
			}
			if err := s.cmd.Wait(); err != nil {
				t.Errorf("the supervisor: %v: %s", err, s.stderr)
			}
			nothingLeft(t, s.runDir, s.pids)
		})
	}
}

// TestStopThroughTheSocket stops a machine of another process.
func TestStopThroughTheSocket(t *testing.T) {
	s := startSupervisor(t, config(t, node.ModeMultikernel, "2x1"))
	if err := s.client.Stop(limit(t)); err != nil {
		t.Fatal(err)
	}
	for _, pid := range s.pids {
		if running(pid) {
			t.Errorf("kernel %d is there after Stop returned", pid)
		}
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the supervisor: %v: %s", err, s.stderr)
	}
	nothingLeft(t, s.runDir, s.pids)
	if err := s.client.Stop(limit(t)); err != nil {
		t.Errorf("stop of a machine that has stopped: %v", err)
	}
}

// waitFor waits until something is so.
func waitFor(t testing.TB, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

// stopped reports whether all threads of a process are stopped.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("threads of process %d: %q, %v", pid, tasks, err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			return false
		}
		if state := text[bytes.LastIndexByte(text, ')')+2]; state != 'T' {
			return false
		}
	}
	return true
}
