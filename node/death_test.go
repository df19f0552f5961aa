package node_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
)

// TestKilledKernelIsNamed kills a kernel while the machine is idle and while it
// works, where no other has its state: the machine names it and how it ended, and
// stops.
func TestKilledKernelIsNamed(t *testing.T) {
	for _, mode := range []node.Mode{node.ModeMultikernel, node.ModeBigLock} {
		for _, working := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/working=%v", mode, working), func(t *testing.T) {
				m := boot(t, config(t, mode, "2x1"))
				pids := kernels(t, m)
				victim := len(pids) - 1
				benched := make(chan error, 1)
				if working {
					go func() {
						ask := node.DefaultBenchRequest()
						ask.Duration = time.Minute
						_, err := m.Bench(context.Background(), ask)
						benched <- err
					}()
					waitFor(t, func() bool {
						s, err := m.Status(limit(t), node.StatusRequest{})
						return err == nil && s.Kernels[victim].Threads > 0
					})
				} else {
					benched <- node.ErrKernelDied
				}
				if err := unix.Kill(pids[victim], unix.SIGKILL); err != nil {
					t.Fatal(err)
				}
				err := m.Wait()
				if !errors.Is(err, node.ErrKernelDied) {
					t.Fatalf("Wait: %v, want ErrKernelDied", err)
				}
				for _, want := range []string{fmt.Sprintf("pid %d", pids[victim]), "SIGKILL", "the machine stops"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("Wait: %q does not say %q", err, want)
					}
				}
				if mode != node.ModeBigLock && !strings.Contains(err.Error(), fmt.Sprintf("kernel of node %d", victim)) {
					t.Errorf("Wait: %q does not name the node", err)
				}
				if err := <-benched; !errors.Is(err, node.ErrKernelDied) {
					t.Errorf("the bench: %v, want ErrKernelDied", err)
				}
				if _, err := m.Status(limit(t), node.StatusRequest{}); !errors.Is(err, node.ErrKernelDied) {
					t.Errorf("status afterwards: %v, want ErrKernelDied", err)
				}
			})
		}
	}
}

// TestTerminatedKernel: a SIGTERM to a kernel is a death like any other.
func TestTerminatedKernel(t *testing.T) {
	m := boot(t, config(t, node.ModeMultikernel, "2x1"))
	if err := unix.Kill(kernels(t, m)[0], unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := m.Wait(); !errors.Is(err, node.ErrKernelDied) || !strings.Contains(err.Error(), "ended on SIGTERM") {
		t.Errorf("Wait: %v", err)
	}
}

// TestStoppedKernelDoesNotHinderTheEnd: SIGSTOP a kernel, then stop the machine.
func TestStoppedKernelDoesNotHinderTheEnd(t *testing.T) {
	m := boot(t, config(t, node.ModeNR, "2x1"))
	pid := kernels(t, m)[1]
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return stopped(t, pid) }) // it takes effect thread by thread
	// On a busy machine the other one may not answer in time either.
	waitFor(t, func() bool {
		s, err := m.Status(limit(t), node.StatusRequest{})
		if err != nil || s.Kernels[1].State != node.StateSilent {
			t.Fatalf("status with a stopped kernel: %+v (%v)", s, err)
		}
		return s.Kernels[0].State == node.StateRunning
	})
}

// TestContextIsTheLifeOfTheMachine ends it, and expects an orderly stop.
func TestContextIsTheLifeOfTheMachine(t *testing.T) {
	ctx, cancel := context.WithCancel(limit(t))
	m, err := node.Boot(ctx, config(t, node.ModeNR, "2x1"), node.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	pids := kernels(t, m)
	cancel()
	if err := m.Wait(); err != nil {
		t.Errorf("Wait: %v, want nil", err)
	}
	nothingLeft(t, m.RunDir(), pids)
	if _, err := m.Sys(limit(t), node.SysRequest{Service: "kv", Words: []string{"get", "1"}}); !errors.Is(err, node.ErrStopped) {
		t.Errorf("sys afterwards: %v, want ErrStopped", err)
	}
}

// TestDeathDuringBoot kills each kernel as soon as it is ready, and gives up
// boots half-way: whether Boot returns an error or the machine stops later,
// nothing is left.
func TestDeathDuringBoot(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(e node.Event, giveUp func())
		is   error
	}{
		{"killed kernel", func(e node.Event, _ func()) {
			if e.Kind == node.EventKernelReady {
				_ = unix.Kill(e.PID, unix.SIGKILL)
			}
		}, node.ErrKernelDied},
		{"given up", func(e node.Event, giveUp func()) {
			if e.Kind == node.EventBooting {
				giveUp()
			}
		}, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(limit(t))
			defer cancel()
			conf := config(t, node.ModeMultikernel, "2x1")
			var pids []int
			m, err := node.Boot(ctx, conf, node.Hooks{Event: func(e node.Event) {
				if e.Kind == node.EventKernelReady {
					pids = append(pids, e.PID)
				}
				c.do(e, cancel)
			}})
			if err == nil {
				if err = m.Wait(); err == nil && ctx.Err() != nil {
					err = ctx.Err() // it was up before it heard of it
				}
			}
			if !errors.Is(err, c.is) {
				t.Errorf("%v, want %v", err, c.is)
			}
			nothingLeft(t, conf.RunDir, pids)
		})
	}
}
