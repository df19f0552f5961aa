package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTree holds this checkout to every rule.
func TestTree(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.packages) < 3 {
		t.Fatalf("found %d packages in %s: the rules look at the wrong folder", len(tree.packages), root)
	}
	tree.checkout = telling(root)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			for _, line := range r.report(tree) {
				t.Error(line)
			}
		})
	}
}

// telling returns the path of a checkout, or nothing where a file may rightly
// mention the same path: a short one, or one for temporary files.
func telling(root string) string {
	if strings.Count(root, "/") < 2 || within(root, strings.TrimSuffix(os.TempDir(), "/")) {
		return ""
	}
	return root
}

// The table itself: its order is what gives tests their level, so nothing may
// import what is listed below it, and every name in it must be a row.
func TestImportTableIsOrdered(t *testing.T) {
	table := importTable()
	seen := make(map[string]bool)
	for _, r := range table {
		if seen[r.folder] {
			t.Errorf("two rows for %s", r.folder)
		}
		for _, m := range r.may {
			if !seen[m] {
				t.Errorf("%s may import %s, which no row above it names", r.folder, m)
			}
		}
		seen[r.folder] = true
	}
	for _, leaf := range leaves {
		if !seen[leaf] {
			t.Errorf("the leaf %s has no row", leaf)
		}
	}
	for _, s := range simulatable {
		if !seen[s] {
			t.Errorf("the simulatable folder %s has no row", s)
		}
	}
}
