package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed reference/*.c reference/*.h
var referenceSources embed.FS

// referenceFlags is how the reference is compiled: as distributions compile C.
var referenceFlags = []string{"-O2", "-std=gnu11", "-Wall", "-Wextra", "-pthread"}

// buildReference returns the path of the reference program, building it unless
// the user's cache has it from the same sources and compiler. It wraps
// ErrNotMeasured where there is no compiler, or one that fails.
func buildReference(ctx context.Context) (string, error) {
	compiler, version, err := findCompiler(ctx)
	if err != nil {
		return "", err
	}
	sources, err := fs.Sub(referenceSources, "reference")
	if err != nil {
		return "", err
	}
	folder, err := cacheFolder(sources, version)
	if err != nil {
		return "", fmt.Errorf("%w: no folder to build the C reference in: %w", ErrNotMeasured, err)
	}
	program := filepath.Join(folder, "reference")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	work, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return "", fmt.Errorf("%w: no folder to build the C reference in: %w", ErrNotMeasured, err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.CopyFS(work, sources); err != nil {
		return "", err
	}
	units, err := filepath.Glob(filepath.Join(work, "*.c"))
	if err != nil {
		return "", err
	}
	built := filepath.Join(work, "reference")
	args := append(append([]string{}, referenceFlags...), "-o", built)
	if out, err := exec.CommandContext(ctx, compiler, append(args, units...)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s does not build the C reference: %w: %s", ErrNotMeasured, compiler, err, bytes.TrimSpace(out))
	}
	// By rename: a build that is cut off, or runs beside another, leaves a whole
	// program or none.
	return program, os.Rename(built, program)
}

// findCompiler returns the first C compiler there is, and what it says of
// itself: $CC, gcc, cc, clang.
func findCompiler(ctx context.Context) (path, version string, err error) {
	names := []string{"gcc", "cc", "clang"}
	if own := os.Getenv("CC"); own != "" {
		names = []string{own}
	}
	var failures []error
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			failures = append(failures, fmt.Errorf("%s --version: %w", name, err))
			continue
		}
		line, _, _ := strings.Cut(string(out), "\n")
		return path, line, nil
	}
	return "", "", fmt.Errorf("%w: no C compiler for the reference: install gcc: %w", ErrNotMeasured, errors.Join(failures...))
}

// cacheFolder returns the folder for programs made of these sources by this
// compiler, in the user's cache or, without one, among temporary files.
func cacheFolder(sources fs.FS, version string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, version, referenceFlags)
	err := fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(sources, name)
		fmt.Fprintln(sum, name, len(content))
		sum.Write(content)
		return err
	})
	if err != nil {
		return "", err
	}
	name := filepath.Join("nrkern", "bench-"+hex.EncodeToString(sum.Sum(nil)[:12]))
	if cache, err := os.UserCacheDir(); err == nil {
		folder := filepath.Join(cache, name)
		if os.MkdirAll(folder, 0o755) == nil {
			return folder, nil
		}
	}
	return os.MkdirTemp("", "nrkern-bench-")
}
