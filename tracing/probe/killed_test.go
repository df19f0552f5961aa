package probe_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

// What this program does when it is started again with a mark.
const (
	mark   = "NRKERN_PROBE_TEST"
	traced = "traced"
	tracer = "tracer:" // and the process to attach to
)

func TestMain(m *testing.M) {
	switch as := os.Getenv(mark); {
	case as == traced:
		beTraced()
	case strings.HasPrefix(as, tracer):
		beTracer(strings.TrimPrefix(as, tracer))
	}
	os.Exit(m.Run())
}

// beTraced passes a pair of sites until its standard input ends, and says each
// time that a probe came or went.
func beTraced() {
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	places, err := site.Places()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(places)
	var c site.Calls
	was := false
	for {
		for range 100 {
			c.Begin(0, 0, 0, 1, 1, 0)
			c.End(0)
		}
		if now := site.Attached("call_begin"); now != was {
			fmt.Println("attached", now)
			was = now
		}
		time.Sleep(time.Millisecond)
	}
}

// beTracer attaches to a process and waits to be killed.
func beTracer(pid string) {
	var target probe.Target
	_, err := fmt.Sscan(pid, &target.PID)
	if err == nil {
		var places []site.Place
		if places, err = site.Places(); err == nil {
			if _, err = probe.Attach(probe.Options{Targets: []probe.Target{target}, Places: places, Sites: []string{"call"}}); err == nil {
				fmt.Println("attached")
				select {}
			}
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// process is this program, started again.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, as string) process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), mark+"="+as)
	if _, err := cmd.StdinPipe(); err != nil { // closed with this process
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return process{cmd, lines}
}

// says waits for a line.
func (p process) says(t *testing.T, want string) {
	t.Helper()
	watch := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	defer watch.Stop()
	for p.lines.Scan() {
		switch line := p.lines.Text(); {
		case line == want:
			return
		case !strings.HasPrefix(line, "attached") && !strings.HasPrefix(line, "["):
			t.Fatalf("it says %q, want %q", line, want)
		}
	}
	t.Fatalf("it ended, or a minute passed, before it said %q", want)
}

// TestKilledTracer: when a tracer is killed, what it traced goes on, its guards
// are down, and the next tracer finds it as it was.
func TestKilledTracer(t *testing.T) {
	supported(t)
	it := start(t, traced)
	for range 2 {
		by := start(t, tracer+fmt.Sprint(it.Process.Pid))
		by.says(t, "attached")
		it.says(t, "attached true")
		if err := by.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = by.Wait()
		it.says(t, "attached false")
	}
}

// TestKilledTraced: when a traced process is killed, the tracer has what it saw
// until then, and closes as ever.
func TestKilledTraced(t *testing.T) {
	supported(t)
	it := start(t, traced)
	places, err := site.Places()
	if err != nil {
		t.Fatal(err)
	}
	tracer, err := probe.Attach(probe.Options{
		Targets: []probe.Target{{Node: 3, PID: it.Process.Pid}}, Places: places, Sites: []string{"call"},
	})
	if err != nil {
		t.Fatal(err)
	}
	it.says(t, "attached true")
	for deadline := time.Now().Add(time.Minute); read(t, tracer)["call_end"].Pairs == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was seen")
		}
	}
	if err := it.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = it.Wait()
	before := read(t, tracer)["call_end"]
	if after := read(t, tracer)["call_end"]; before.Pairs == 0 || after.Hits != before.Hits {
		t.Errorf("%d pairs; hits %d, then %d of a process that is dead", before.Pairs, before.Hits, after.Hits)
	}
	if err := tracer.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
