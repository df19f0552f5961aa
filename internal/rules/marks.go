package rules

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// mark matches the customary marks of unfinished work, as words. They are in
// pieces so that a search of the tree for them finds nothing here.
var mark = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

// checkMarks refuses comments that mark unfinished work: an issue holds that,
// and the code says what it does not do.
func checkMarks(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		for _, f := range p.files {
			for _, group := range f.syntax.Comments {
				for _, comment := range group.List {
					start := t.fset.Position(comment.Pos()).Line
					for i, line := range strings.Split(comment.Text, "\n") {
						if m := mark.FindString(line); m != "" {
							found = append(found, finding{
								f.path, start + i, "a comment carries the mark " + m,
								"finish it, open an issue, or state the limit in plain words",
							})
						}
					}
				}
			}
		}
	}
	return found
}

// places are what ties a tree to one network or one machine.
var places = []struct {
	pattern *regexp.Regexp
	what    string
	remedy  string
}{
	{
		regexp.MustCompile(`\b((proxy|sum)\.golang\.org|goproxy\.(io|cn)|registry\.npmjs\.org|pypi\.org|crates\.io|(deb|security)\.debian\.org|(archive|security)\.ubuntu\.com|(docker|ghcr|quay)\.io)\b|\bGO(PROXY|SUMDB)=`),
		"a package registry",
		"leave it to the tools' own configuration: the tree must build wherever packages come from",
	},
	{
		regexp.MustCompile(`(^|[^\w.~-])/(home|Users)/\w|(^|[^\w.~-])/root/[\w.]`),
		"a developer's home directory",
		"use a path relative to the module, or one the user gives",
	},
}

// checkPlaces refuses text that names package registries, home directories, or
// the folder in which this checkout happens to be.
func checkPlaces(t *tree) []finding {
	var found []finding
	for _, f := range t.texts {
		for i, line := range bytes.Split(f.content, []byte("\n")) {
			for _, p := range places {
				if m := p.pattern.Find(line); m != nil {
					found = append(found, finding{f.path, i + 1, fmt.Sprintf("%q names %s", m, p.what), p.remedy})
				}
			}
			if t.mentionsCheckout(line) {
				found = append(found, finding{
					f.path, i + 1, fmt.Sprintf("%q is where this checkout is", t.checkout),
					"use a path relative to the module, or one the user gives",
				})
			}
		}
	}
	return found
}

// mentionsCheckout reports whether a line has the path of the checkout, as a
// whole path and not as the beginning of another name.
func (t *tree) mentionsCheckout(line []byte) bool {
	if t.checkout == "" {
		return false
	}
	_, after, ok := bytes.Cut(line, []byte(t.checkout))
	return ok && (len(after) == 0 || !regexp.MustCompile(`^[\w-]`).Match(after))
}
