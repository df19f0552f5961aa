package node_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/transport"
)

// keeping is a machine whose kernels are kept, of a supervisor that is a process of
// its own. What is left of it goes with the test.
func keeping(t *testing.T, c node.Config) *supervisor {
	t.Helper()
	c.Keep = true
	s := startSupervisor(t, c)
	t.Cleanup(func() {
		s.kill()
		_ = node.EndKept(context.Background(), c.RunDir)
		nothingLeft(t, s.runDir, s.pids)
	})
	return s
}

// attach takes a machine over, in this process.
func attach(t *testing.T, runDir string) *node.Machine {
	t.Helper()
	m, err := node.Attach(context.Background(), runDir, node.Hooks{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		<-m.Done()
	})
	return m
}

// TestTakenOver kills the supervisors of a machine under load, one after the other.
// The kernels go on, another supervisor takes them over, and a caller that makes
// its calls again at the next one has each executed once. A kernel that dies is
// replaced, under the new supervisor or before it.
func TestTakenOver(t *testing.T) {
	for _, logs := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d logs", logs), func(t *testing.T) {
			c := config(t, node.ModeNR, "3x1")
			c.Logs, c.LogSlots, c.Keep = logs, 1024, true
			s := keeping(t, c)
			ctx, over := context.WithCancel(limit(t))
			defer over()
			var working sync.WaitGroup
			sum := uint64(0)
			working.Go(func() { // a caller outside
				for ctx.Err() == nil {
					sum++
					for number := sum; ; {
						m, err := node.Dial(c.RunDir)
						if err == nil {
							var a *node.SysAnswer
							a, err = m.Sys(limit(t), node.SysRequest{
								Node: int(sum % 2), Service: "kv", Words: []string{"add", "1000000", "1"}, Caller: 99, Number: number,
							})
							m.Close()
							if err == nil && a.Value != number {
								t.Errorf("call %d: %+v", number, a)
							}
						}
						if err == nil {
							break
						}
						if !errors.Is(err, node.ErrNotRunning) && !errors.Is(err, node.ErrStopped) {
							t.Errorf("call %d: %v", number, err)
							return
						}
						time.Sleep(5 * time.Millisecond)
					}
				}
			})
			load := func(m node.API) { // inside: it goes on when its caller has gone
				ask := node.DefaultBenchRequest()
				ask.Duration, ask.WriteRatio, ask.Keys = time.Minute, 80, 100
				working.Go(func() { _, _ = m.Bench(ctx, ask) })
				waitFor(t, func() bool {
					s, err := m.Status(limit(t), node.StatusRequest{})
					return err == nil && s.Job == "bench" && s.Kernels[0].Threads > 0
				})
			}
			pids := s.pids

			load(s.client)
			s.kill()
			if !running(pids[0]) || !running(pids[1]) {
				t.Fatal("the kernels ended with their supervisor")
			}
			second := startSupervisor(t, c, envAttach+"=1")
			if got := kernels(t, second.client); fmt.Sprint(got) != fmt.Sprint(pids) {
				t.Errorf("after the take-over the kernels are %v, before %v", got, pids)
			}
			load(second.client)
			if err := unix.Kill(pids[1], unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return replaced(t, second.client) == 1 })
			if _, err := second.client.Member(limit(t), node.MemberRequest{Node: 2, Action: node.MemberRemove}); err != nil {
				t.Fatal(err)
			}
			pids = kernels(t, second.client)[:2]

			second.kill()
			if err := unix.Kill(pids[0], unix.SIGKILL); err != nil { // and nobody sees it
				t.Fatal(err)
			}
			m := attach(t, c.RunDir)
			waitFor(t, func() bool { return replaced(t, m) == 1 })
			if got := stateOf(t, m, 2); got != node.StateRemoved {
				t.Errorf("node 2, which was removed: %s", got)
			}
			if got := kernels(t, m); got[1] != pids[1] || got[0] == pids[0] {
				t.Errorf("the kernels are %v, before %v", got, pids)
			}
			if _, err := m.Member(limit(t), node.MemberRequest{Node: 2, Action: node.MemberAdd}); err != nil {
				t.Fatal(err)
			}
			load(m)
			over()
			working.Wait()
			for n := range 3 {
				if got := call(t, m, n, "get", "1000000"); got != fmt.Sprint(sum) {
					t.Errorf("node %d: the sum is %s after %d calls", n, got, sum)
				}
			}
			equalDigests(t, m)
			judge(t, m, history(m, 1))
			pids = kernels(t, m)
			if err := m.Stop(limit(t)); err != nil {
				t.Fatal(err)
			}
			nothingLeft(t, c.RunDir, append(pids, s.pids...))
		})
	}
}

// TestTakenOverStopped: a kernel that is stopped when its machine is taken over
// does not keep the machine: another takes its place.
func TestTakenOverStopped(t *testing.T) {
	c := config(t, node.ModeNR, "2x1")
	c.StallBudget = 300 * time.Millisecond
	s := keeping(t, c)
	call(t, s.client, 1, "put", "7", "42")
	s.kill()
	if err := unix.Kill(s.pids[1], unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return stopped(t, s.pids[1]) })
	m := attach(t, s.runDir)
	waitFor(t, func() bool { return replaced(t, m) == 1 })
	if got := call(t, m, 1, "get", "7"); got != "42" {
		t.Errorf("key 7 holds %s, want 42", got)
	}
	equalDigests(t, m)
}

// TestTakenOverOtherStructures: kernels of every structure go on, and are taken
// over. One that died meanwhile ends a machine that cannot do without.
func TestTakenOverOtherStructures(t *testing.T) {
	for _, v := range variants() {
		if v.mode == node.ModeNR {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			s := keeping(t, v.config(t, "2x1"))
			call(t, s.client, 1, "put", "7", "42")
			s.kill()
			m := attach(t, s.runDir)
			if got := call(t, m, 0, "get", "7"); got != "42" {
				t.Errorf("key 7 holds %s, want 42", got)
			}
			judge(t, m, history(m, 1))
		})
	}
	s := keeping(t, config(t, node.ModeMultikernel, "2x1"))
	s.kill()
	if err := unix.Kill(s.pids[1], unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return !running(s.pids[1]) })
	if _, err := node.Attach(context.Background(), s.runDir, node.Hooks{}); !errors.Is(err, node.ErrKernelDied) {
		t.Errorf("a multikernel with a dead kernel: %v", err)
	}
	nothingLeft(t, s.runDir, s.pids)
}

// TestAttachRefused: where there is nothing to take over, the error says what there
// is, and all is as before.
func TestAttachRefused(t *testing.T) {
	refused := func(runDir string, want error, text string) {
		t.Helper()
		_, err := node.Attach(context.Background(), runDir, node.Hooks{Version: "test"})
		if err == nil {
			t.Fatal("attached")
		}
		if want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("attach: %v, want %v that says %q", err, want, text)
		}
	}
	refused(filepath.Join(t.TempDir(), "none"), node.ErrNotRunning, "there is no run directory")

	s := keeping(t, config(t, node.ModeNR, "2x1"))
	alive := fmt.Sprintf("process %d, which lives", s.cmd.Process.Pid)
	refused(s.runDir, node.ErrAlreadyRunning, alive)
	if err := node.EndKept(limit(t), s.runDir); !errors.Is(err, node.ErrAlreadyRunning) {
		t.Errorf("the end of a machine that has a supervisor: %v", err)
	}
	call(t, s.client, 0, "put", "1", "1")
	s.kill()

	if _, err := node.Dial(s.runDir); !errors.Is(err, node.ErrNotRunning) || !strings.Contains(err.Error(), "start --attach") {
		t.Errorf("dial, and there is no supervisor: %v", err)
	}
	c := config(t, node.ModeNR, "2x1")
	c.RunDir = s.runDir
	if _, err := node.Boot(limit(t), c, node.Hooks{}); !errors.Is(err, node.ErrAlreadyRunning) || !strings.Contains(err.Error(), "start --attach") {
		t.Errorf("another start there: %v", err)
	}

	kept := filepath.Join(s.runDir, "kept-machine.json")
	was, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(kept, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	version := fmt.Sprintf(`"layout_version": %d`, transport.LayoutVersion)
	write(strings.Replace(string(was), version, `"layout_version": 77`, 1))
	refused(s.runDir, node.ErrVersion, "segment layout 77")
	write(`{"layout_version"`)
	refused(s.runDir, nil, "nrkern stop")
	write(string(was))
	m := attach(t, s.runDir)
	if got := call(t, m, 1, "get", "1"); got != "1" {
		t.Errorf("key 1 holds %s after all that", got)
	}

	// Kernels that end with their supervisor leave nothing to take over; nor do
	// those of which all have died.
	other := startSupervisor(t, config(t, node.ModeNR, "2x1"))
	other.kill()
	nothingLeft(t, other.runDir, other.pids)
	refused(other.runDir, node.ErrNotRunning, "")
	dead := keeping(t, config(t, node.ModeNR, "2x1"))
	dead.kill()
	for _, pid := range dead.pids {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	waitFor(t, func() bool { return !running(dead.pids[0]) && !running(dead.pids[1]) })
	refused(dead.runDir, node.ErrNotRunning, "the state is gone")
	nothingLeft(t, dead.runDir, dead.pids)
	dead = keeping(t, config(t, node.ModeNR, "2x1"))
	dead.kill()
	for _, pid := range dead.pids {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	waitFor(t, func() bool { return !running(dead.pids[0]) && !running(dead.pids[1]) })
	again := config(t, node.ModeNR, "2x1")
	again.RunDir = dead.runDir
	boot(t, again)
}

// TestEndKept ends kernels that were kept, also one that is stopped, and whatever
// program started them.
func TestEndKept(t *testing.T) {
	s := keeping(t, config(t, node.ModeNR, "2x1"))
	s.kill()
	if err := unix.Kill(s.pids[0], unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return stopped(t, s.pids[0]) })
	if err := os.WriteFile(filepath.Join(s.runDir, "kept-machine.json"), []byte(`{"layout_version": 77, "made_directories": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := node.EndKept(limit(t), s.runDir); err != nil {
		t.Fatal(err)
	}
	for _, pid := range s.pids {
		if running(pid) {
			t.Errorf("kernel %d is there", pid)
		}
	}
	if err := node.EndKept(limit(t), s.runDir); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("ended twice: %v", err)
	}
	if err := os.Remove(s.runDir); err != nil { // who made it was not to be read
		t.Errorf("more than the directory is left: %v", err)
	}
}
