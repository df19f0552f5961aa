package simulate

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMutants runs TestEachMutant and those on explorations on a build whose
// mutants can be switched on: a search that was never seen to find anything
// proves nothing.
func TestMutants(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command to build the mutants with")
	}
	cmd := exec.CommandContext(t.Context(), goTool, "test", "-count=1", "-v", "-tags", "nrkern_mutants", "-run", "^Test(Each|Explored|Reduced)Mutants?$", ".")
	cmd.Env = os.Environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
		return
	}
	// A command that ran no test ends well, too.
	for _, name := range []string{"TestEachMutant", "TestExploredMutants", "TestReducedMutants"} {
		if !strings.Contains(string(out), "--- PASS: "+name+" ") {
			t.Errorf("%s did not run:\n%s", name, out)
		}
	}
	t.Logf("%s", out)
}
