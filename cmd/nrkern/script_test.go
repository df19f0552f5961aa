package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/tracing/privilege"
	"github.com/nrkern/nrkern/tracing/probe"
)

func TestMain(m *testing.M) {
	node.KernelMain() // the machines of scripts are this binary, executed again
	testscript.Main(m, map[string]func(){"nrkern": main})
}

// TestScripts runs the command for real, as people do.
//
// Besides testscript's own, scripts have these commands:
//
//	exits N nrkern ...      run it; its exit status must be N
//	keys NAME               the JSON on stdout has the keys and types of the
//	                        file testdata/keys/NAME
//	signalled SIG N nrkern ... until TEXT
//	                        run it, send the signal when stderr has the text;
//	                        its exit status must be N
//	gone                    nothing is left: no process, nothing in $RUN
func TestScripts(t *testing.T) {
	testscript.RunT(inTurn{t}, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup:               setUp,
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "one-node":
				topology, err := numa.Discover()
				return err == nil && len(topology.Nodes) == 1, err
			case "no-hugepages":
				pools, err := numa.Pools()
				return !slices.ContainsFunc(pools, func(p numa.Pool) bool { return p.PageSize == numa.HugePageSize && p.Free > 0 }), err
			case "no-uprobes":
				return errors.Is(probe.Supported(), ebpf.ErrNotSupported), nil
			case "privileged": // enough for probes
				return !errors.Is(probe.Supported(), privilege.ErrMissing), nil
			case "root":
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("no condition %s", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "keys": keys, "signalled": signalled, "gone": gone,
		},
	})
}

// inTurn runs scripts one after the other: the machines of several at once would
// take the CPUs from each other.
type inTurn struct{ *testing.T }

// Run runs a script.
func (t inTurn) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(inTurn{t}) })
}

// Parallel does nothing.
func (inTurn) Parallel() {}

// Verbose reports whether to show what passes.
func (inTurn) Verbose() bool { return testing.Verbose() }

// setUp gives a script run directories of its own, and a mark by which what it
// starts is found, whatever happens.
func setUp(e *testscript.Env) error {
	// Short, because the path of a socket is. Not in $WORK, which may be long.
	run, err := os.MkdirTemp("", "nr")
	if err != nil {
		return err
	}
	e.Setenv("RUN", run)
	e.Setenv("XDG_RUNTIME_DIR", run)
	e.Setenv(markName, run)
	e.Setenv("GORACE", goRace)
	e.Defer(func() {
		for _, pid := range marked(run) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_ = os.RemoveAll(run)
	})
	return nil
}

// goRace lets a process with the race detector end at once: by itself it waits a
// second, for reports that another thread may be printing. A script starts a
// dozen processes or two.
const goRace = "atexit_sleep_ms=10"

// markName is in the environment of all that a script starts.
const markName = "NRKERN_SCRIPT"

// marked returns the processes that a script started and that still live.
func marked(mark string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		environ, err := os.ReadFile(f)
		if err != nil || !slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(v []byte) bool { return string(v) == markName+"="+mark }) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	if got := statusOf(err); got != want {
		ts.Fatalf("exit status %d (%v), want %d", got, err, want)
	}
}

func statusOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// keys compares the keys and types of the JSON on standard output with a
// golden file; NRKERN_UPDATE=1 writes it.
func keys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keys NAME")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	lines := map[string]bool{}
	outline("", v, lines)
	var sorted []string
	for l := range lines {
		// What some elements lack, others have: the type says more.
		path, null := strings.CutSuffix(l, " null")
		if !null || !lines[path+" number"] && !lines[path+" string"] {
			sorted = append(sorted, l)
		}
	}
	sort.Strings(sorted)
	got := strings.Join(sorted, "\n") + "\n"
	path := filepath.Join(goldenDir, args[0])
	if os.Getenv("NRKERN_UPDATE") != "" {
		ts.Check(os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	ts.Check(err)
	if got != string(want) {
		ts.Fatalf("the keys or types of the JSON changed: people script against them. Got\n%s\nwant (%s)\n%s", got, args[0], want)
	}
}

var goldenDir, _ = filepath.Abs(filepath.Join("testdata", "keys"))

// outline lists the paths of a JSON value with their types. Keys that are
// numbers are the keys of a map and count as one; elements of a list too. Notes
// and warnings are there on some machines only.
func outline(path string, v any, lines map[string]bool) {
	if strings.Contains(path, ".round_trip_") {
		lines[path+" number or null"] = true // not measured where other programs have the CPUs
		return
	}
	if strings.HasPrefix(path, ".sites[]") && strings.HasSuffix(path, "_ns") {
		lines[path+" number or null"] = true // null until a pair was passed
		return
	}
	if strings.HasPrefix(path, ".links[]") || path == ".kernel[].reason" {
		return // real sockets have them; Linuxes without a tracepoint say why
	}
	if strings.HasPrefix(path, ".kernels[].latency_p") {
		lines[path+" number or null"] = true // null without a load
		return
	}
	if path == ".kernel[].total" || path == ".kernel[].per_op" {
		lines[path+" number or null"] = true
		return
	}
	if strings.HasSuffix(path, ".notes") || strings.HasSuffix(path, ".warnings") {
		lines[path+" list of strings"] = true
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if _, err := strconv.Atoi(k); err == nil {
				k = "<number>"
			}
			outline(path+"."+k, e, lines)
		}
	case []any:
		lines[path+" list"] = true
		for _, e := range v {
			outline(path+"[]", e, lines)
		}
	case string:
		lines[path+" string"] = true
	case float64:
		lines[path+" number"] = true
	case bool:
		lines[path+" bool"] = true
	case nil:
		lines[path+" null"] = true
	}
}

// signalled runs a program and signals it when its standard error has a text.
func signalled(ts *testscript.TestScript, neg bool, args []string) {
	at := slices.Index(args, "until")
	if neg || at < 4 || at != len(args)-2 {
		ts.Fatalf("usage: signalled SIGNAL STATUS PROGRAM ARG... until TEXT")
	}
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	path, err := exec.LookPath(args[2])
	if p := filepath.SplitList(ts.Getenv("PATH")); err != nil && len(p) > 0 {
		path = filepath.Join(p[0], args[2])
	}
	cmd := exec.Command(path, args[3:at]...)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+ts.Getenv("RUN"), markName+"="+ts.Getenv("RUN"), "GORACE="+goRace)
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	limit := time.AfterFunc(10*time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	var said bytes.Buffer
	sent, chunk := false, make([]byte, 4096)
	for {
		n, err := stderr.Read(chunk)
		said.Write(chunk[:n])
		if !sent && strings.Contains(said.String(), args[at+1]) {
			sent = true
			ts.Check(cmd.Process.Signal(signals[args[0]]))
		}
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	ts.Logf("[stderr]\n%s", said.String())
	if !sent {
		ts.Fatalf("%q never came", args[at+1])
	}
	if got := statusOf(err); got != want {
		ts.Fatalf("exit status %d (%v), want %d", got, err, want)
	}
}

// gone waits a moment for the last processes to end, and sees that nothing of
// the script's machines is left.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: gone")
	}
	run := ts.Getenv("RUN")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var left []string
		for _, pid := range marked(run) {
			left = append(left, "process "+strconv.Itoa(pid))
		}
		entries, err := os.ReadDir(run)
		ts.Check(err)
		for _, e := range entries {
			if below, err := os.ReadDir(filepath.Join(run, e.Name())); err != nil || len(below) > 0 {
				left = append(left, e.Name())
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("left behind: %s", strings.Join(left, ", "))
		}
	}
}
