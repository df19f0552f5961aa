package assert_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is one that has all structures.
const program = "./bench/nrbench"

// TestNothingRemains: a program of an ordinary build has neither a function nor a
// word of an assertion; and that of a build with them has, or this would look in
// vain.
func TestNothingRemains(t *testing.T) {
	for tag, want := range map[string]bool{"": false, "nrkern_assert": true} {
		binary := filepath.Join(t.TempDir(), "program")
		run(t, "go", "build", "-tags", tag, "-o", binary, program)
		var found []string
		for line := range strings.Lines(run(t, "go", "tool", "nm", binary)) {
			if strings.Contains(line, "internal/assert.") || strings.Contains(line, ").assert") {
				found = append(found, strings.TrimSpace(line))
			}
		}
		image, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"assertion failed: ", "is beyond ctail", "slots are acknowledged, and", "combiner of a station"} {
			if bytes.Contains(image, []byte(word)) {
				found = append(found, word)
			}
		}
		if remains := len(found) > 0; remains != want {
			t.Errorf("with tags %q it has assertions: %v, want %v:\n%s", tag, remains, want, strings.Join(found, "\n"))
		}
		t.Logf("with tags %q: %d functions and words of assertions", tag, len(found))
	}
}

// TestStructuresHold runs tests of the structures, in real threads and processes,
// and searches of the simulated machine, with the assertions in them. `make
// test-assert` runs more.
func TestStructuresHold(t *testing.T) {
	tests := []string{
		"ChannelAssertions", "ChannelThreads", "ChannelProcesses", // transport
		"Assertions", "Bias", "BiasIsLeftAlone", // combining, multikernel
		"LogAssertions", "AddsFromEverywhere", "IndexBeyondHalf", "IdleReplicasDoNotBlock", "LogsDoNotChangeTheOutcome", // nrkernel
		"FenceSealsWhatADeadNodeReserved", "AdmitLate",
		"EveryNodeSeesEveryKey", "FullRingsBothWays", "CopiesAgree", // multikernel
		"NoStaleReads", "KilledKernelIsReplaced", // node
		"Search", // simulate
	}
	args := []string{"test", "-count=1", "-short", "-v", "-tags", "nrkern_assert", "-run", "^Test(" + strings.Join(tests, "|") + ")$"}
	for _, folder := range []string{"transport", "combining", "nrkernel", "multikernel", "biglock", "node", "simulate"} {
		args = append(args, "./"+folder)
	}
	out := run(t, "go", args...)
	for _, name := range tests {
		if !strings.Contains(out, "--- PASS: Test"+name+" ") {
			t.Errorf("Test%s did not run:\n%s", name, out)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "ok ") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// run runs a command at the root of the module, and returns what it printed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("needs the go command: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = "../.."
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("%s %s: %w:\n%s%s", name, strings.Join(args, " "), err, out, said.String()))
	}
	return string(out)
}
