package guest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// coherence is what guest/coherence prints.
type coherence struct {
	Operations uint64 `json:"operations"`
	HandOvers  []struct {
		From  int    `json:"from"`
		To    int    `json:"to"`
		Cause string `json:"cause"`
		Lines uint64 `json:"lines"`
	} `json:"handovers"`
	Regions []struct {
		Name  string `json:"name"`
		First uint64 `json:"first_line"`
		Lines uint64 `json:"lines"`
	} `json:"regions"`
}

// travelled is what the plugin saw between a start and a stop.
type travelled struct {
	lines           []travel
	accesses, cross uint64
}

type travel struct {
	line     uint64
	from, to int
	write    bool
	count    uint64
}

// region names the region of a line.
func (c *coherence) region(line uint64) string {
	for _, r := range c.Regions {
		if r.First <= line && line < r.First+r.Lines {
			return r.Name
		}
	}
	return "other"
}

// buildPlugin compiles the coherence counter.
func buildPlugin(t *testing.T) string {
	t.Helper()
	plugin := filepath.Join(t.TempDir(), "coherence.so")
	out, err := exec.CommandContext(t.Context(), "gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
		"-fvisibility=hidden", "-o", plugin, "plugin/coherence.c").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return plugin
}

// readTravels reads what the plugin wrote, a run after another.
func readTravels(t *testing.T, path string) (runs []travelled) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("the plugin wrote nothing: %v", err)
	}
	defer func() { _ = f.Close() }()
	var run travelled
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "stop "); ok {
			if _, err := fmt.Sscan(rest, &run.accesses, &run.cross); err != nil {
				t.Fatal(err)
			}
			runs, run = append(runs, run), travelled{}
			continue
		}
		var v travel
		var kind string
		if _, err := fmt.Sscan(lines.Text(), &v.line, &v.from, &v.to, &kind, &v.count); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		v.write = kind == "write"
		run.lines = append(run.lines, v)
	}
	return runs
}

// TestCoherence: the hand-overs that the structures observe are those that a
// directory of cache lines in the emulator counts: equal where the nodes meet at
// every operation, and a lower bound where they run freely.
func TestCoherence(t *testing.T) {
	needGuest(t)
	t.Parallel()
	program, err := Build(t.Context(), "github.com/nrkern/nrkern/guest/coherence")
	if err != nil {
		t.Fatal(err)
	}
	const cpus = 2 // a node
	out := filepath.Join(t.TempDir(), "travels")
	m := Uniform(2, cpus, 384, 0)
	m.Arguments = []string{"-plugin", fmt.Sprintf("%s,out=%s,cpus=%d", buildPlugin(t), out, cpus)}
	at := func(words ...string) Command {
		c := Run(append(append([]string{"/bin/coherence"}, words...), "0", "2")...)
		c.Timeout = 3 * time.Minute
		return c
	}
	structures := []string{"nr", "multikernel"}
	commands := []Command{at("known")}
	for _, s := range structures {
		commands = append(commands, at("rendezvous", s, "1000"), at("free", s, "1000"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	r, err := Boot(ctx, m, []File{Program("/bin/coherence", program)}, commands)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	runs := readTravels(t, out)
	if len(runs) != len(commands) {
		t.Fatalf("the plugin counted %d runs of %d", len(runs), len(commands))
	}
	total := uint64(0)
	for _, v := range runs[0].lines {
		total += v.count
	}
	// 200 turns of two stores: the first finds no other copy.
	if total != 199 || runs[0].cross != 199 {
		t.Errorf("the known answer: %d hand-overs, %d accesses across, want 199", total, runs[0].cross)
	}
	for i, s := range structures {
		for j, how := range []string{"rendezvous", "free"} {
			var own coherence
			if err := json.Unmarshal(r.Commands[1+2*i+j].Stdout, &own); err != nil {
				t.Fatal(err)
			}
			t.Run(s+" "+how, func(t *testing.T) { compare(t, how == "rendezvous", &own, &runs[1+2*i+j]) })
		}
	}
}

// compare sets the structure's matrix beside the emulator's.
func compare(t *testing.T, exact bool, own *coherence, run *travelled) {
	type cell struct {
		from, to int
		what     string
	}
	// What the structure calls its causes, and the regions that they are in.
	what := map[string]string{
		"log_entry": "slots", "payload": "slots", "slot_reuse": "slots", "control_word": "words",
		"message": "slots", "ack": "slots",
		"ring": "slots", "slots": "slots", "tail": "words", "ctail": "words", "ltail": "words",
	}
	observed, counted := map[cell]uint64{}, map[cell]uint64{}
	var observedAll, countedAll, back, other uint64
	for _, h := range own.HandOvers {
		observed[cell{h.From, h.To, what[h.Cause]}] += h.Lines
		observedAll += h.Lines
	}
	for _, v := range run.lines {
		region := own.region(v.line)
		switch {
		case region == "ltail" && v.write:
			back += v.count // a replica takes its ltail back: nobody can observe that
		case what[region] == "":
			other += v.count
		default:
			counted[cell{v.from, v.to, what[region]}] += v.count
			countedAll += v.count
		}
	}
	if run.accesses == 0 {
		t.Fatal("the plugin saw no access: it does not watch the segment")
	}
	ops := float64(own.Operations)
	t.Logf("observed %.3f hand-overs an operation, counted %.3f (and %.3f ltails taken back, %.3f of other words); %.3f accesses across nodes an operation",
		float64(observedAll)/ops, float64(countedAll)/ops, float64(back)/ops, float64(other)/ops, float64(run.cross)/ops)
	if observedAll == 0 {
		t.Error("nothing was handed over")
	}
	if !exact {
		if observedAll > countedAll+back+other {
			t.Errorf("%d hand-overs observed, more than the %d that there were", observedAll, countedAll+back+other)
		}
		return
	}
	for c, n := range observed {
		if counted[c] != n {
			t.Errorf("%s from node %d to %d: %d observed, %d counted", c.what, c.from, c.to, n, counted[c])
		}
	}
	for c, n := range counted {
		if observed[c] == 0 {
			t.Errorf("%s from node %d to %d: none observed, %d counted", c.what, c.from, c.to, n)
		}
	}
	if other != 0 {
		t.Errorf("%d hand-overs of words that nodes need not hand each other", other)
	}
}
