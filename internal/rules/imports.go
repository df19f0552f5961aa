package rules

import (
	"cmp"
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// checkImports holds the tree to the import table.
func checkImports(t *tree) []finding {
	var found []finding
	table := importTable()
	for _, p := range t.packages {
		i := rowOf(table, p.folder)
		if i < 0 {
			found = append(found, t.at(p.files[0].syntax.Package,
				fmt.Sprintf("the import table has no row for %s", p.folder),
				"add a row to importTable in internal/rules/table.go, above the folders that may import it, with what it may import"))
			continue
		}
		for _, f := range p.files {
			allowed := table[i].allowed()
			if f.test {
				allowed = allowedInTests(table, i)
			}
			for _, spec := range f.syntax.Imports {
				if why := allowed.refuse(spec, table); why != "" {
					found = append(found, t.at(spec.Pos(), why,
						"move the code to a folder that may import it, or change the table in internal/rules/table.go in this commit and say why"))
				}
			}
		}
	}
	return found
}

// rowOf returns the index of the row that governs a folder, or -1. The root
// has a row of its own, which governs nothing below it.
func rowOf(table []row, folder string) int {
	best := -1
	for i, r := range table {
		if within(folder, r.folder) && (best < 0 || len(r.folder) > len(table[best].folder)) {
			best = i
		}
	}
	return best
}

// within reports whether a slash-separated name is parent or below it.
func within(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+"/")
}

// permission is what the files of one folder may import.
type permission struct {
	who       string // the subject of the sentence when it is refused
	folders   []string
	modules   []string
	aboveAll  string // names the folders more briefly in a message, if not empty
	libraries string // so for the modules
}

// allowed is what the shipped code of a row's folder may import.
func (r row) allowed() permission {
	p := permission{who: r.folder, folders: r.may, modules: r.modules}
	if r.every {
		p.folders, p.aboveAll = above(importTable(), r.folder), "every folder listed above it"
	}
	p.folders = slices.Concat([]string{r.folder}, leaves, p.folders)
	return p
}

// allowedInTests is what the tests of a row's folder may import.
func allowedInTests(table []row, i int) permission {
	p := permission{
		who:       "a test of " + table[i].folder,
		folders:   append(above(table, table[i].folder), table[i].folder),
		modules:   slices.Clone(testModules),
		aboveAll:  "every folder listed above it",
		libraries: "the modules of the folders listed above it, and the testing libraries",
	}
	for _, r := range table[:i+1] {
		p.modules = append(p.modules, r.modules...)
	}
	return p
}

// above returns the folders that the table lists above one.
func above(table []row, folder string) []string {
	var folders []string
	for _, r := range table {
		if r.folder == folder {
			break
		}
		folders = append(folders, r.folder)
	}
	return folders
}

// refuse returns why an import is not allowed, or the empty string.
func (p permission) refuse(spec *ast.ImportSpec, table []row) string {
	name, err := strconv.Unquote(spec.Path.Value)
	switch {
	case err != nil:
		return fmt.Sprintf("unreadable import %s", spec.Path.Value)
	case name == "C":
		return p.who + " imports C: nrkern is one static binary, built without cgo"
	case within(name, module):
		folder := strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
		if folder == "" {
			folder = "."
		}
		if i := rowOf(table, folder); i >= 0 && slices.Contains(p.folders, table[i].folder) {
			return ""
		}
		return fmt.Sprintf("%s imports %s: the import table allows it %s", p.who, folder, p.list())
	case !strings.Contains(strings.Split(name, "/")[0], "."):
		return "" // the standard library
	case slices.ContainsFunc(p.modules, func(m string) bool { return within(name, m) }):
		return ""
	default:
		return fmt.Sprintf("%s imports %s: the import table allows it %s", p.who, name,
			cmp.Or(p.libraries, strings.Join(p.modules, ", "), "no third-party module"))
	}
}

// list names the folders that are allowed beyond the folder itself.
func (p permission) list() string {
	return cmp.Or(p.aboveAll, strings.Join(p.folders[1:], ", "))
}
