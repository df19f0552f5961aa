package privilege_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nrkern/nrkern/tracing/privilege"
)

const mark = "NRKERN_PRIVILEGE_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(mark) != "" {
		keep()
	}
	os.Exit(m.Run())
}

// keep keeps two capabilities and prints those of all its threads, and what Check
// then says.
func keep() {
	err := privilege.Keep(privilege.BPF, privilege.PerfMon)
	if errors.Is(err, syscall.ENOTSUP) {
		fmt.Println("with cgo")
		os.Exit(0)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	files, _ := filepath.Glob("/proc/self/task/*/status")
	for _, f := range files {
		text, _ := os.ReadFile(f)
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "CapEff:") || strings.HasPrefix(line, "CapPrm:") {
				fmt.Print(line)
			}
		}
	}
	if err := privilege.Check(privilege.PerfMon, privilege.SysAdmin); !errors.Is(err, privilege.ErrMissing) {
		fmt.Println("Check:", err)
	}
	os.Exit(0)
}

// TestKeep: after Keep, all threads have what was kept and nothing else, and
// Check names what is missing.
func TestKeep(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), mark+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if strings.TrimSpace(string(out)) == "with cgo" {
		t.Skip("a program with cgo cannot change all its threads; nrkern is built without")
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 2 {
		t.Fatalf("it says %q", out)
	}
	want := "000000c000000000" // bits 38 and 39
	if os.Getuid() != 0 {
		want = "0000000000000000"
	}
	for _, l := range lines {
		if got := strings.Fields(l)[1]; got != want {
			t.Errorf("%s, want %s", l, want)
		}
	}
}

func TestSetcap(t *testing.T) {
	if got, want := privilege.Setcap("nrkern", privilege.BPF, privilege.PerfMon), "setcap cap_bpf,cap_perfmon+ep nrkern"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
