package straggler

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSeries: calls fall into their 20 ms, and the longest that began before the
// node went on counts.
func TestSeries(t *testing.T) {
	ms := time.Millisecond
	var s series
	s.add(10*ms, 12*ms)
	s.add(12*ms, 25*ms)
	s.add(95*ms, 440*ms)
	s.add(440*ms, 441*ms)
	all := s.readings()
	if n := len(all); n != 31 {
		t.Fatalf("%d readings, want 30 of the series and 1", n)
	}
	if all[0].Values["calls_per_s"] != 50 || all[1].Values["calls_per_s"] != 50 || all[2].Values["calls_per_s"] != 0 {
		t.Errorf("the series begins %v %v %v", all[0], all[1], all[2])
	}
	if stopped := all[30]; stopped.Values["longest_call_ms"] != 345 || stopped.Values["calls_per_s"] != 0 {
		t.Errorf("stopped: %v", stopped)
	}
}

// state is the state of a process by Linux's word: T is stopped.
func state(t *testing.T, pid string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return rest[:1]
}

// TestPauseGoesOn: whatever ends the sample, the process is not left stopped.
func TestPauseGoesOn(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Skip("no sleep: ", err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	pid := cmd.Process.Pid
	refused := errors.New("refused")
	ctx, cancel := context.WithCancel(t.Context())
	for name, call := range map[string]func(int) error{
		"an error": func(int) error { time.Sleep(stopAt + 10*time.Millisecond); return refused },
		"an interruption": func(int) error {
			time.Sleep(stopAt + 10*time.Millisecond)
			cancel()
			return nil
		},
	} {
		over := t.Context()
		if name == "an interruption" {
			over = ctx
		}
		if _, err := pause(over, pid, call); err == nil {
			t.Errorf("%s: no error", name)
		}
		for deadline := time.Now().Add(time.Minute); state(t, strconv.Itoa(pid)) == "T"; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the process is left stopped", name)
			}
		}
	}
	if _, err := pause(t.Context(), pid, func(int) error { time.Sleep(time.Millisecond); return nil }); err != nil {
		t.Error(err)
	}
}
