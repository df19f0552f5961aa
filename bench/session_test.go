package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// small is a session that measures nothing well and everything fast.
func small(t *testing.T) Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Span: brief, Pause: 100 * time.Microsecond, Rounds: 1, Keys: 200,
		Stall: 5 * time.Millisecond, StateBytes: 1 << 16, Self: self, Machines: 50 * time.Millisecond,
	}
}

// TestWholeTable runs every row, and writes the report in every format.
func TestWholeTable(t *testing.T) {
	twoCPUs(t)
	procs, percent := runtime.GOMAXPROCS(0), debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	before, err := numa.HostNoise()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), small(t))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := s.Run(Rows())
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Describe(before)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, l := range lines {
		seen[l.Row] = true
		if strings.HasPrefix(l.Reason, "failed") {
			t.Errorf("%s, %s: %s", l.Row, l.Case, l.Reason)
		}
		if l.Verdict == "" || l.Verdict == NotMeasured && l.Reason == "" {
			t.Errorf("a line without verdict or reason: %+v", l)
		}
	}
	for _, r := range Rows() {
		if !seen[r.Name] {
			t.Errorf("no line for %s", r.Name)
		}
	}
	if got := runtime.GOMAXPROCS(0); got != procs {
		t.Errorf("GOMAXPROCS left at %d, was %d", got, procs)
	}
	if got := debug.SetGCPercent(percent); got != percent {
		t.Errorf("the collector was left at %d %%, was %d %%", got, percent)
	}
	checkReport(t, &Report{Machine: m, Lines: lines, Series: s.Series()})
}

func checkReport(t *testing.T, r *Report) {
	t.Helper()
	var out bytes.Buffer
	if err := r.Write(&out, "table"); err != nil {
		t.Fatal(err)
	}
	for _, row := range Rows() {
		if !strings.Contains(out.String(), row.Name) {
			t.Errorf("the table lacks %q:\n%s", row.Name, out.String())
		}
	}
	out.Reset()
	if err := r.Write(&out, "json"); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back.Lines) != len(r.Lines) || len(back.Series) != len(r.Series) {
		t.Errorf("json: %d lines, %d series, %v", len(back.Lines), len(back.Series), err)
	}
	out.Reset()
	if err := r.Write(&out, "bench"); err != nil {
		t.Fatal(err)
	}
	// As golang.org/x/perf/benchfmt reads it: "key: value" lines, and a name,
	// a number of iterations, and pairs of value and unit.
	valid := regexp.MustCompile(`^([a-z][^ A-Z]*: .*|Benchmark[A-Z]\S* [0-9]+ [0-9.e+-]+ \S+)$`)
	for line := range strings.Lines(out.String()) {
		if !valid.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("no benchmark line: %q", line)
		}
	}
	if err := r.Write(&out, "xml"); err == nil {
		t.Error("an unknown format was written")
	}
}

// TestInterrupted: a session ends with its context.
func TestInterrupted(t *testing.T) {
	twoCPUs(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Open(ctx, small(t))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.Run(Rows()); !errors.Is(err, context.Canceled) {
		t.Errorf("Run after the end: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSelect(t *testing.T) {
	if rows, err := Select("UMP"); err != nil || len(rows) != 2 {
		t.Errorf("UMP: %d rows, %v", len(rows), err)
	}
	if rows, err := Select(""); err != nil || len(rows) != len(Rows()) {
		t.Errorf("all: %d rows, %v", len(rows), err)
	}
	for _, pattern := range []string{"nothing like this", "("} {
		if _, err := Select(pattern); err == nil {
			t.Errorf("%q selected something", pattern)
		}
	}
}

// TestPartitionedAnswers: what one kernel writes, the same or the other reads;
// the loads check every answer.
func TestPartitionedAnswers(t *testing.T) {
	cpus := twoCPUs(t)
	defer measure.Quiet(2)()
	s := &Session{Config: small(t).withDefaults(), ctx: t.Context(), cpus: cpus}
	p, err := s.newPartitioned(shape{window: 16, writes: 50})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := crew(s.both(), brief, job{work: p.work, idle: p.idle}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWrongAnswersAreSeen: a load fails on a service that answers wrongly.
func TestWrongAnswersAreSeen(t *testing.T) {
	cpus := twoCPUs(t)
	s := &Session{Config: small(t).withDefaults(), ctx: t.Context(), cpus: cpus}
	broken := newGoMap().(*goMap)
	d, err := s.newTable(func() kernel.Service { return broken }, shape{window: 1})
	if err != nil {
		t.Fatal(err)
	}
	for key := range broken.m {
		broken.m[key] ^= 1
	}
	if _, err := crew(s.one(), brief, job{work: d.work}); !errors.Is(err, errWrongAnswer) {
		t.Errorf("wrong answers: %v", err)
	}
}

// TestBareBuildIsChecked: only a build without the hook passes for one.
func TestBareBuildIsChecked(t *testing.T) {
	c := small(t)
	for _, bare := range []string{"", "/nowhere/nrbench", c.Self} {
		s := &Session{Config: c}
		if err := s.checkBuild(bare, bareTag); !errors.Is(err, ErrNotMeasured) {
			t.Errorf("bare build %q: %v", bare, err)
		}
	}
}
