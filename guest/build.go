package guest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles a main package of this module to a static binary for the
// guest. It works where the go command and the module's source are: in tests.
func Build(ctx context.Context, importPath string) ([]byte, error) {
	return build(ctx, "build", importPath)
}

// BuildTest compiles the tests of a package to a static binary, so that they
// can run on a machine with several nodes. Files that they read do not come
// with it: see Tree.
func BuildTest(ctx context.Context, importPath string) ([]byte, error) {
	return build(ctx, "test", "-c", importPath)
}

func build(ctx context.Context, verb string, args ...string) ([]byte, error) {
	// The go command writes its result beside the final name, so it needs a
	// folder; it is gone before this function returns.
	dir, err := os.MkdirTemp("", "nrkern-guest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	// Without symbols: a smaller RAM disk to unpack.
	cmd := exec.CommandContext(ctx, "go", append([]string{verb, "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=-mod=readonly -pgo=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // rather than the signal that ended it
		}
		return nil, fmt.Errorf("go %s %v: %w\n%s", verb, args, err, stderr.Bytes())
	}
	return os.ReadFile(out)
}
