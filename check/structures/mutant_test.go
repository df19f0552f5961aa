package structures_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// TestProbeFindsLateCtail runs the probe on a build of nrkernel that advances
// ctail after the effects can be read, and wants it to fail: a probe that was
// never seen to find anything proves nothing.
//
// The budget is 100 million reads for each arrangement. On two CPUs the first
// stale read comes within 10 thousand reads in turn; with the shared word, which
// needs a combiner that loses its CPU in the wrong place, within 10 million.
func TestProbeFindsLateCtail(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command to build the mutant with")
	}
	for _, test := range []string{"TestProbeInTurn", "TestProbeShared"} {
		t.Run(test, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), goTool, "test", "-count=1", "-v",
				"-tags", "nrkern_mutants", "-run", "^"+test+"$/^nr$", ".")
			cmd.Env = append(os.Environ(), "NRKERN_LONG=1", "NRKERN_MUTANT=late-ctail")
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !bytes.Contains(out, []byte(" stale reads of ")) {
				t.Errorf("the probe did not find the mutant (%v):\n%s", err, out)
			}
			t.Logf("as wanted, it failed:\n%s", out)
		})
	}
}
