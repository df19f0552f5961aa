package structures_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The mutants: builds of nrkernel with a deliberate fault, and the probes that
// must fail on them. A probe that was never seen to find anything proves nothing.
//
// The budget is 100 million reads for each arrangement. On two CPUs the first
// stale read comes within 10 thousand reads in turn; with the shared word, which
// needs a combiner that loses its CPU in the wrong place, within 10 million.
var (
	lateCtail = fault{"late-ctail", []string{
		"^TestProbeInTurn$/^nr$", "^TestProbeShared$/^nr$", "^TestProbeInTurn$/^nr-2-logs$",
	}}
	lateSpan = fault{"late-span", []string{"^TestProbeSeveralInTurn$/^nr-4-logs$"}}
)

type fault struct {
	name   string // in internal/mutant
	probes []string
}

// TestProbeFindsLateCtail: ctail is advanced after the effects can be read.
func TestProbeFindsLateCtail(t *testing.T) { lateCtail.mustBeFound(t) }

// TestProbeFindsLateSpan: of an operation over several logs only the first ctail
// is advanced before the effects can be read.
func TestProbeFindsLateSpan(t *testing.T) { lateSpan.mustBeFound(t) }

func (f fault) mustBeFound(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command to build the mutant with")
	}
	for _, test := range f.probes {
		t.Run(strings.Trim(test, "^$"), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), goTool, "test", "-count=1", "-v", "-tags", "nrkern_mutants", "-run", test, ".")
			cmd.Env = append(os.Environ(), "NRKERN_LONG=1", "NRKERN_MUTANT="+f.name)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !bytes.Contains(out, []byte(" stale reads of ")) {
				t.Errorf("the probe did not find the mutant (%v):\n%s", err, out)
			}
			t.Logf("as wanted, it failed:\n%s", out)
		})
	}
}
