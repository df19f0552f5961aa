package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"
)

// The whole machine is traced where Linux allows more than CI's does: kprobes and
// fentry, and several nodes. The tests of the tracing packages run there too, and
// none of those that a Linux may forbid skips.
func TestTracing(t *testing.T) {
	needGuest(t)
	files := nrkernFiles(t)
	for _, nodes := range []int{2, 4} {
		t.Run(fmt.Sprintf("%d nodes", nodes), func(t *testing.T) {
			t.Parallel()
			testTracing(t, nodes, files)
		})
	}
	t.Run("packages", func(t *testing.T) {
		t.Parallel()
		testTracingPackages(t)
	})
}

// guestTrace is what these tests read of a report.
type guestTrace struct {
	Report struct {
		Operations uint64 `json:"operations"`
		Features   []struct {
			Name      string `json:"name"`
			Available bool   `json:"available"`
			Reason    string `json:"reason"`
		} `json:"features"`
		Sites []struct {
			Name     string  `json:"name"`
			Node     int     `json:"node"`
			Hits     uint64  `json:"hits"`
			Pairs    *uint64 `json:"pairs"`
			Unpaired *uint64 `json:"unpaired"`
		} `json:"sites"`
		Counters []struct {
			Event string   `json:"event"`
			Total *float64 `json:"total"`
		} `json:"counters"`
		Kernel []struct {
			Event  string  `json:"event"`
			Source string  `json:"source"`
			Total  *uint64 `json:"total"`
			Reason string  `json:"reason"`
		} `json:"kernel"`
		HandOvers struct {
			Lines uint64 `json:"lines"`
			Cells []struct {
				From  int    `json:"from"`
				To    int    `json:"to"`
				Cause string `json:"cause"`
				Lines uint64 `json:"lines"`
			} `json:"cells"`
		} `json:"handovers"`
		Lost struct {
			Total uint64 `json:"total"`
		} `json:"lost"`
	}
}

func testTracing(t *testing.T, nodes int, files []File) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	modes := []string{"nr", "multikernel"}
	var commands []Command
	for _, mode := range modes {
		commands = append(commands,
			Run("/bin/nrkern", "start", "--mode", mode, "--hugepages", "require", "--detach"),
			Command{Args: []string{
				"/bin/nrkern", "trace", "record", "--out", "/tmp/recording", "--",
				"/bin/nrkern", "bench", "kv", "--keys", "500", "--write-ratio", "50", "--warmup", "10ms", "--duration", "200ms",
			}, Timeout: 3 * time.Minute},
			Run("/bin/nrkern", "trace", "report", "/tmp/recording", "-o", "json"),
			Run("/bin/nrkern", "sys", "kv", "put", "7", "42", "--node", "0"), // it goes on
			Run("/bin/nrkern", "stop"),
		)
	}
	r, err := Boot(ctx, Uniform(nodes, 2, 512, 48), files, append(commands, Run("/bin/probe", "processes")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Commands {
		if err := c.Err(); err != nil {
			t.Fatalf("%v\n%s%s", err, c.Stdout, c.Stderr)
		}
	}
	for i, mode := range modes {
		var trace guestTrace
		if err := json.Unmarshal(r.Commands[5*i+2].Stdout, &trace.Report); err != nil {
			t.Fatalf("%s: %v in %.200s", mode, err, r.Commands[5*i+2].Stdout)
		}
		checkTrace(t, mode, nodes, &trace)
	}
	checkNothingLeft(t, r.Commands[len(r.Commands)-1])
}

// checkTrace: all ways of looking work, each node has calls whose ends are as many
// as their beginnings, nothing was lost, and lines crossed between nodes.
func checkTrace(t *testing.T, mode string, nodes int, trace *guestTrace) {
	t.Helper()
	r := &trace.Report
	available := map[string]bool{}
	for _, f := range r.Features {
		available[f.Name] = f.Available
		if !f.Available {
			t.Errorf("%s: %s: n/a: %s", mode, f.Name, f.Reason)
		}
	}
	for _, name := range []string{"probe sites", "kernel's view", "cost of programs"} {
		if !available[name] {
			t.Errorf("%s: no %s among %v", mode, name, r.Features)
		}
	}
	hits := map[string]map[int]uint64{}
	for _, s := range r.Sites {
		if hits[s.Name] == nil {
			hits[s.Name] = map[int]uint64{}
		}
		hits[s.Name][s.Node] = s.Hits
		if s.Name == "call_end" && (s.Pairs == nil || *s.Pairs != s.Hits || *s.Unpaired != 0) {
			t.Errorf("%s: node %d: %d ends of calls, not all with a beginning", mode, s.Node, s.Hits)
		}
	}
	must := map[string][]string{"nr": {"append", "combine_end", "replay_end"}, "multikernel": {"send", "receive", "turn"}}[mode]
	for node := range nodes {
		if b, e := hits["call_begin"][node], hits["call_end"][node]; b == 0 || b != e {
			t.Errorf("%s: node %d: %d calls began, %d ended", mode, node, b, e)
		}
		for _, name := range must {
			if hits[name][node] == 0 {
				t.Errorf("%s: node %d: no hit of %s", mode, node, name)
			}
		}
	}
	for _, c := range r.Counters {
		if (c.Event == "page-faults" || c.Event == "context-switches") && (c.Total == nil || *c.Total == 0) {
			t.Errorf("%s: %s: %v", mode, c.Event, c.Total)
		}
	}
	seen := map[string]uint64{}
	for _, a := range r.Kernel {
		if a.Total != nil {
			seen[a.Event] = *a.Total
			t.Logf("%s: %s: %d by %s", mode, a.Event, *a.Total, a.Source)
		} else {
			t.Logf("%s: %s: n/a: %s", mode, a.Event, a.Reason)
		}
		if a.Event == "tlb_shootdowns" && (a.Total == nil || !strings.HasPrefix(a.Source, "fentry ")) {
			t.Errorf("%s: TLB shootdowns by %q: %s", mode, a.Source, a.Reason)
		}
	}
	if seen["context_switches"] == 0 {
		t.Errorf("%s: no context switch was counted", mode)
	}
	if r.Lost.Total != 0 || r.Operations == 0 || r.HandOvers.Lines == 0 {
		t.Errorf("%s: %d operations, %d lines, lost %d", mode, r.Operations, r.HandOvers.Lines, r.Lost.Total)
	}
	t.Logf("%s: %d operations, %d lines handed over", mode, r.Operations, r.HandOvers.Lines)
}

// testTracingPackages runs the tests of the tracing packages in a guest.
func testTracingPackages(t *testing.T) {
	packages := []struct {
		folder string
		run    string // the tests that Linux may forbid elsewhere
	}{
		{"tracing/kernelview", "."},
		{"tracing/probe", "TestThousandPuts|TestHits|TestKilled|TestDetached"},
	}
	var files []File
	var commands []Command
	for _, p := range packages {
		tests, err := BuildTest(t.Context(), "github.com/nrkern/nrkern/"+p.folder)
		if err != nil {
			t.Fatal(err)
		}
		at := path.Join("/tests", p.folder, "test")
		files = append(files, Program(at, tests))
		run := Run(at, "-test.v", "-test.timeout=3m", "-test.run="+p.run)
		run.Dir, run.Timeout = path.Dir(at), 4*time.Minute
		commands = append(commands, run)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	r, err := Boot(ctx, Uniform(2, 2, 512, 0), files, commands)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	for i, c := range r.Commands {
		for line := range strings.Lines(string(c.Stdout)) {
			if strings.Contains(line, "--- SKIP") {
				t.Errorf("%s: skipped in the guest: %s", packages[i].folder, line)
			}
			if strings.HasPrefix(line, "--- ") || strings.Contains(line, " by ") {
				t.Logf("%s: %s", packages[i].folder, strings.TrimSpace(line))
			}
		}
	}
}
