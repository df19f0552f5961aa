package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/bench"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
)

func TestMain(m *testing.M) {
	node.KernelMain()
	if was, err := bench.Child(os.Args[1:]); was {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		want int
	}{
		{"-h", 0},
		{"-rows nothing-like-this", exitUsage},
		{"-o xml", exitUsage},
		{"-rounds 0", exitUsage},
		{"-duration 1h", exitUsage},
		{"-warmup 0s", exitUsage},
		{"-pause -1s", exitUsage},
		{"-nonsense", exitUsage},
		{"word", exitUsage},
	} {
		var out, err bytes.Buffer
		if got := command(t.Context(), strings.Fields(c.args), &out, &err); got != c.want {
			t.Errorf("nrbench %s: exit %d, want %d: %s", c.args, got, c.want, err.String())
		}
		if out.Len() > 0 || err.Len() == 0 {
			t.Errorf("nrbench %s: stdout %q, stderr %q", c.args, out.String(), err.String())
		}
	}
}

// TestOneRow measures a row for as short as can be and saves all formats.
func TestOneRow(t *testing.T) {
	if cpus, err := numa.Affinity(); err != nil || len(cpus) < 2 {
		t.Skip("needs two CPUs")
	}
	folder := filepath.Join(t.TempDir(), "results")
	profile := filepath.Join(t.TempDir(), "cpu.pprof")
	var out, stderr bytes.Buffer
	args := []string{"-rows", "UMP stream", "-rounds", "1", "-duration", "1ms", "-warmup", "1ms", "-o", "bench", "-save", folder, "-cpuprofile", profile}
	if got := command(t.Context(), args, &out, &stderr); got != 0 {
		t.Fatalf("exit %d: %s", got, stderr.String())
	}
	if !strings.Contains(out.String(), "goos: linux") {
		t.Errorf("stdout: %s", out.String())
	}
	for _, name := range []string{"table.txt", "bench.txt", "results.json"} {
		if content, err := os.ReadFile(filepath.Join(folder, name)); err != nil || len(content) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("no profile: %v", err)
	}
}
