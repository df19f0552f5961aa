package guest

import (
	"path"
	"strings"
	"testing"
)

// The tests that packages have for machines with several nodes skip nearly
// everywhere. Here they run.
func TestPackagesOnFourNodes(t *testing.T) {
	needGuest(t)
	for _, p := range []struct {
		folder string
		// hasNodes begins the names of tests that must not skip.
		hasNodes string
		// pure matches tests that see nothing of the machine, and are slow under
		// emulation.
		pure string
	}{
		{"numa", "TestNodes", "Overlay|Fuzz|^TestRead|Describe"},
	} {
		t.Run(p.folder, func(t *testing.T) {
			t.Parallel()
			tests, err := BuildTest(t.Context(), "github.com/nrkern/nrkern/"+p.folder)
			if err != nil {
				t.Fatal(err)
			}
			dir := path.Join("/src", p.folder)
			files, err := Tree(path.Join(dir, "testdata"), path.Join("..", p.folder, "testdata"))
			if err != nil {
				t.Fatal(err)
			}
			run := Run("/bin/tests", "-test.v", "-test.timeout=2m", "-test.skip="+p.pure)
			run.Dir = dir
			r := boot(t, Uniform(4, 2, 384, 16), append(files, Program("/bin/tests", tests)), run)
			ran := 0
			for line := range strings.Lines(string(r.Commands[0].Stdout)) {
				verdict, name, _ := strings.Cut(strings.TrimPrefix(line, "--- "), ": ")
				if !strings.HasPrefix(name, p.hasNodes) {
					continue
				}
				switch verdict {
				case "PASS":
					ran++
				case "SKIP":
					t.Errorf("skipped in spite of four nodes: %s", name)
				}
			}
			if ran == 0 {
				t.Errorf("no test of %s has a name that begins %s\n%s", p.folder, p.hasNodes, r.Commands[0].Stdout)
			}
		})
	}
}
