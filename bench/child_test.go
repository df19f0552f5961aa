package bench

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/numa"
)

// brief is a sample that is over before anybody notices.
var brief = Span{Warmup: 100 * time.Microsecond, Duration: 500 * time.Microsecond}

// twoCPUs skips a test where two threads cannot spin.
func twoCPUs(t *testing.T) [2]int {
	t.Helper()
	cpus, err := numa.Affinity()
	if err != nil {
		t.Fatal(err)
	}
	if len(cpus) < 2 {
		t.Skip("needs two CPUs")
	}
	return [2]int{cpus[0], cpus[1]}
}

func TestParseReading(t *testing.T) {
	got, err := parseReading("100 2000 3\n")
	if want := (reading{operations: 100, elapsed: 2000, preempted: 3}); err != nil || got != want {
		t.Errorf("three words: %+v, %v", got, err)
	}
	got, err = parseReading("100 2000 3 40 50\n")
	if want := (reading{operations: 100, elapsed: 2000, preempted: 3, p999: 40, worst: 50}); err != nil || got != want {
		t.Errorf("five words: %+v, %v", got, err)
	}
	for _, line := range []string{"", "\n", "1 2\n", "1 2 3 4\n", "error: no memory\n"} {
		if _, err := parseReading(line); err == nil {
			t.Errorf("%q was taken for a reading", line)
		}
	}
	if _, err := parseReading("error: no memory\n"); !strings.Contains(err.Error(), "no memory") {
		t.Errorf("an error of the child is lost: %v", err)
	}
}

// TestReference builds the C programs and has each take a sample.
func TestReference(t *testing.T) {
	cpus := twoCPUs(t)
	program, err := buildReference(t.Context())
	if errors.Is(err, ErrNotMeasured) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	again, err := buildReference(t.Context())
	if err != nil || again != program {
		t.Errorf("built anew: %s, %v", again, err)
	}
	c, err := startChild(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		name     string
		argument uint64
	}{{"line", 0}, {"ump", 4}, {"ump", 256}, {"stream", 8}, {"stream", 256}, {"log", 1}, {"log", 8}, {"partitioned", 1}, {"partitioned", 16}} {
		r, err := c.sample(w.name, cpus, brief, w.argument)
		if err != nil {
			t.Errorf("%s %d: %v", w.name, w.argument, err)
		}
		t.Logf("%s %d: %d operations in %v, %d preemptions", w.name, w.argument, r.operations, r.elapsed, r.preempted)
	}
	if _, err := c.sample("nothing", cpus, brief, 0); err == nil || !strings.Contains(err.Error(), "no such workload") {
		t.Errorf("an unknown workload: %v", err)
	}
	if _, err := c.sample("line", [2]int{cpus[0], 1000}, brief, 0); err == nil || !strings.Contains(err.Error(), "pin to CPU 1000") {
		t.Errorf("an unknown CPU: %v", err)
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}

// TestNoCompiler: without a compiler there is no reference, and the error says
// what to do.
func TestNoCompiler(t *testing.T) {
	t.Setenv("CC", "nrkern-no-such-compiler")
	_, err := buildReference(t.Context())
	if !errors.Is(err, ErrNotMeasured) || !strings.Contains(err.Error(), "install gcc") {
		t.Errorf("without a compiler: %v", err)
	}
}

// TestBrokenCompiler: what the compiler says is not lost.
func TestBrokenCompiler(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", folder)
	broken := folder + "/cc"
	if err := os.WriteFile(broken, []byte("#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho no header >&2; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CC", broken)
	_, err := buildReference(t.Context())
	if !errors.Is(err, ErrNotMeasured) || !strings.Contains(err.Error(), "no header") {
		t.Errorf("a compiler that fails: %v", err)
	}
}

// TestServe: a child answers every line.
func TestServe(t *testing.T) {
	twoCPUs(t)
	var out bytes.Buffer
	in := strings.NewReader("nr-write 0 0 1000 100000 100\nnr-read 0 0 1000 100000 100\nchannel 0 0 1000 100000 0\nnothing 0 0 1 1 1\nnonsense\n")
	if err := serve(in, &out); err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(answers) != 5 {
		t.Fatalf("answers: %q", answers)
	}
	for i, a := range answers {
		if _, err := parseReading(a); (err != nil) != (i > 2) {
			t.Errorf("answer %d: %q", i, a)
		}
	}
}
