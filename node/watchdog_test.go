package node_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
)

// bootWatched boots a machine of three kernels whose watchdog is impatient, on a
// log that is full soon.
func bootWatched(t *testing.T) *node.Machine {
	c := config(t, node.ModeNR, "3x1")
	c.LogSlots, c.StallBudget = 64, 300*time.Millisecond
	return boot(t, c)
}

// saw counts the events of a kind so far.
func saw(t *testing.T, m *node.Machine, kind node.EventKind) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(limit(t), 20*time.Millisecond)
	defer cancel()
	_ = m.Events(ctx, func(e node.Event) error {
		if e.Kind == kind {
			n++
		}
		return nil
	})
	return n
}

func stateOf(t *testing.T, m node.API, n int) node.State {
	t.Helper()
	s, err := m.Status(limit(t), node.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Kernels[n].State
}

// TestStoppedKernelIsPassedOver stops a kernel that holds nothing: it is named, the
// others go round the log without it, and it has their state when it is back, in
// the same process.
func TestStoppedKernelIsPassedOver(t *testing.T) {
	m := bootWatched(t)
	const away = 2
	pid := kernels(t, m)[away]
	call(t, m, away, "put", "1", "10")
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return stopped(t, pid) })
	for i := range 200 {
		call(t, m, i%2, "put", fmt.Sprint(i%50), fmt.Sprint(i))
	}
	if saw(t, m, node.EventLaggard) == 0 || saw(t, m, node.EventPassedOver) != 1 {
		t.Errorf("named %d times, passed over %d times", saw(t, m, node.EventLaggard), saw(t, m, node.EventPassedOver))
	}
	if got := stateOf(t, m, away); got != node.StateAway {
		t.Errorf("it is %s, want %s", got, node.StateAway)
	}
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := call(t, m, away, "get", "49"); got != "199" {
		t.Errorf("key 49 holds %s at the node that is back, want 199", got)
	}
	waitFor(t, func() bool { return saw(t, m, node.EventRejoined) == 1 })
	if now := kernels(t, m)[away]; now != pid {
		t.Errorf("process %d is node %d's now, it was %d", now, away, pid)
	}
	call(t, m, away, "put", "2", "20")
	equalDigests(t, m)
}

// TestStalledKernelIsKilled: a kernel that does not fill what it has reserved is
// killed, the slots are sealed, and another takes its place.
func TestStalledKernelIsKilled(t *testing.T) {
	m := bootWatched(t)
	const held = 1
	pid := kernels(t, m)[held]
	call(t, m, 0, "put", "1", "10")
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return stopped(t, pid) })
	if err := m.Hold(held, 5); err != nil {
		t.Fatal(err)
	}
	call(t, m, 0, "put", "2", "20")
	if got := call(t, m, 2, "get", "2"); got != "20" {
		t.Errorf("key 2 holds %s", got)
	}
	waitFor(t, func() bool { return saw(t, m, node.EventRejoined) == 1 })
	if saw(t, m, node.EventStalled) != 1 || kernels(t, m)[held] == pid {
		t.Errorf("stalled %d times, process %d", saw(t, m, node.EventStalled), kernels(t, m)[held])
	}
	if got := call(t, m, held, "get", "1"); got != "10" {
		t.Errorf("key 1 holds %s at the node that was replaced", got)
	}
	equalDigests(t, m)
}

// TestLastKernelIsLeftAlone: of two kernels that are stopped one after the other,
// the second has the state alone and is waited for.
func TestLastKernelIsLeftAlone(t *testing.T) {
	c := config(t, node.ModeNR, "2x1")
	c.LogSlots, c.StallBudget = 64, 200*time.Millisecond
	m := boot(t, c)
	pids := kernels(t, m)
	stop := func(n int) {
		if err := unix.Kill(pids[n], unix.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return stopped(t, pids[n]) })
	}
	stop(1)
	for i := range 100 {
		call(t, m, 0, "put", fmt.Sprint(i), "1")
	}
	stop(0)
	if err := m.Hold(0, 1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * c.StallBudget)
	if saw(t, m, node.EventStalled) != 0 || !running(pids[0]) {
		t.Error("the last kernel with the state was killed")
	}
	for _, pid := range pids { // ends with the machine: nobody fills what it holds
		if err := unix.Kill(pid, unix.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
}
