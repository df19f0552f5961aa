package platform_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// elsewhere are platforms somebody is likely to try.
var elsewhere = []struct{ goos, goarch string }{
	{"darwin", "arm64"},
	{"darwin", "amd64"},
	{"linux", "arm64"},
	{"windows", "amd64"},
}

// goCommand runs the go command in the root of the module for a platform and
// returns what it printed.
func goCommand(t *testing.T, goos, goarch string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skipf("no go command to build with: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestBuildElsewhereNamesThePlatform(t *testing.T) {
	for _, p := range elsewhere {
		t.Run(p.goos+"/"+p.goarch, func(t *testing.T) {
			out, err := goCommand(t, p.goos, p.goarch, "build", "./internal/platform")
			if err == nil {
				t.Fatal("go build passed; it must fail")
			}
			if want := "undefined: nrkern_runs_on_linux_amd64_only"; !strings.Contains(out, want) {
				t.Fatalf("go build printed\n%swhich does not say %q", out, want)
			}
			if n := strings.Count(out, "undefined:"); n != 1 {
				t.Errorf("%d errors, want the one that matters:\n%s", n, out)
			}
		})
	}
}

// The packages that need the platform must reach this one, or their build
// elsewhere fails with something obscure. Asking for the dependencies instead
// of building spares compiling the standard library for each platform.
func TestWhatNeedsThePlatformImportsIt(t *testing.T) {
	for _, folder := range []string{".", "transport", "numa", "cmd/nrkern"} {
		t.Run(folder, func(t *testing.T) {
			if files, _ := filepath.Glob(filepath.Join("..", "..", folder, "*.go")); len(files) == 0 {
				t.Skipf("%s does not exist yet", folder)
			}
			for _, p := range elsewhere[:3] {
				out, err := goCommand(t, p.goos, p.goarch, "list", "-e", "-deps", "./"+folder)
				if err != nil {
					t.Fatalf("%s/%s: go list: %v\n%s", p.goos, p.goarch, err, out)
				}
				const self = "github.com/nrkern/nrkern/internal/platform"
				if !slices.Contains(strings.Fields(out), self) {
					t.Errorf("%s/%s: %s does not import %s: add\n\timport _ %q\nto a file of it that has no build constraint, doc.go for instance",
						p.goos, p.goarch, folder, self, self)
				}
			}
		})
	}
}

func TestBuildHerePasses(t *testing.T) {
	if out, err := goCommand(t, "linux", "amd64", "build", "./internal/platform"); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}
