package rules

import (
	"cmp"
	"fmt"
	"slices"
)

// A rule is one property that the whole tree has.
type rule struct {
	name  string
	check func(*tree) []finding
}

// rules are all of them, in the order in which the package doc lists them.
func rules() []rule {
	return []rule{
		{"imports", checkImports},
		{"simulatable", checkSimulatable},
		{"package-doc", checkPackageDocs},
		{"exported-doc", checkExportedDocs},
		{"size", checkSizes},
		{"names", checkNames},
		{"marks", checkMarks},
		{"places", checkPlaces},
	}
}

// A finding is one place where the tree breaks a rule.
type finding struct {
	path   string // slash-separated, from the root of the module
	line   int    // from 1
	found  string // what is there, and which rule that breaks
	remedy string // what to do about it
}

// report gives findings in the order of the tree, each as one line that an
// editor can jump from.
func (r rule) report(t *tree) []string {
	found := r.check(t)
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	var lines []string
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("%s:%d: %s: %s; %s", f.path, f.line, r.name, f.found, f.remedy))
	}
	return lines
}
