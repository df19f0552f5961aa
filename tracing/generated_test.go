package tracing_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// clangMade is the clang that made the objects in the tree. Another one makes
// other bytes of the same sources.
const clangMade = "14"

// TestGenerated: the BPF objects in the tree, and their Go files, are what the C
// sources give.
func TestGenerated(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "clang", "--version").Output()
	if err != nil {
		t.Skipf("needs clang %s: %v", clangMade, err)
	}
	version := regexp.MustCompile(`version (\d+)`).FindSubmatch(out)
	if version == nil || string(version[1]) != clangMade {
		t.Skipf("needs clang %s, which made the objects in the tree, to compare bytes; here is %.40s", clangMade, out)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := filepath.Glob("*/*_bpfel.o")
	if err != nil || len(objects) == 0 {
		t.Fatalf("%d objects (%v)", len(objects), err)
	}
	for _, object := range objects {
		folder := filepath.Dir(object)
		t.Run(folder, func(t *testing.T) {
			tree := t.TempDir()
			// A copy of the module, as far as it takes: what is there stays as it is.
			for _, link := range []string{"go.mod", "go.sum"} {
				if err := os.Symlink(filepath.Join(root, link), filepath.Join(tree, link)); err != nil {
					t.Fatal(err)
				}
			}
			for _, d := range []string{"bpf", folder} {
				if err := os.CopyFS(filepath.Join(tree, "tracing", d), os.DirFS(d)); err != nil {
					t.Fatal(err)
				}
			}
			made, err := filepath.Glob(filepath.Join(tree, "tracing", folder, "*_bpfel.*"))
			if err != nil || len(made) != 2 {
				t.Fatalf("%v, %v", made, err)
			}
			for _, f := range made {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
			generate := exec.CommandContext(t.Context(), "go", "generate", ".")
			generate.Dir = filepath.Join(tree, "tracing", folder)
			if out, err := generate.CombinedOutput(); err != nil {
				t.Fatalf("go generate: %v\n%s", err, out)
			}
			for _, f := range made {
				got, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(filepath.Join(folder, filepath.Base(f)))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s is not what the sources in tracing/bpf give: run make bpf", filepath.Base(f))
				}
			}
		})
	}
}
