package rules

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxLines is the length of the longest file of Go or assembly, in lines.
const maxLines = 700

// generated is the line by which Go tools know a generated file.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// checkSizes keeps files of code, tests included, short enough to hold one
// concept each. Generated files are as long as they are.
func checkSizes(t *tree) []finding {
	var found []finding
	for _, f := range t.texts {
		if ext := path.Ext(f.path); ext != ".go" && ext != ".s" || generated.Match(f.content) {
			continue
		}
		if n := bytes.Count(f.content, []byte("\n")); n > maxLines {
			found = append(found, finding{
				f.path, maxLines + 1, fmt.Sprintf("the file has %d lines, more than %d", n, maxLines),
				"split it by concept",
			})
		}
	}
	return found
}

// empty are the names that say nothing of what is inside.
var empty = []string{"util", "utils", "utility", "utilities", "common", "helper", "helpers", "misc"}

// checkNames refuses packages, folders and Go files that are named for nothing.
func checkNames(t *tree) []finding {
	const remedy = "name it for the concept it holds, or move each piece to the concept it belongs to"
	var found []finding
	for _, p := range t.packages {
		// The folder is the package's name in every import of it, whatever the
		// package clause says.
		for _, name := range slices.Compact([]string{strings.TrimSuffix(p.name, "_test"), path.Base(p.folder)}) {
			if slices.Contains(empty, name) {
				found = append(found, t.at(p.files[0].syntax.Package, fmt.Sprintf("a package is called %s", name), remedy))
			}
		}
		for _, f := range p.files {
			stem := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.path), ".go"), "_test")
			if slices.Contains(empty, stem) {
				found = append(found, t.at(f.syntax.Package, fmt.Sprintf("a file is called %s", path.Base(f.path)), remedy))
			}
		}
	}
	return found
}
