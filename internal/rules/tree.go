package rules

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// module is the module path of the tree.
const module = "github.com/nrkern/nrkern"

// maxText is the size in bytes above which a file is data, not text.
const maxText = 1 << 20

// A tree is the module as source: every Go package, parsed whatever its build
// constraints say, and every text file.
type tree struct {
	fset     *token.FileSet
	packages []*pkg
	texts    []text
	// checkout is the absolute path of the tree on this machine, which no file
	// may mention; empty when that would prove nothing.
	checkout string
}

// A pkg is the files of one folder that share a package clause.
type pkg struct {
	folder string // "." for the root
	name   string
	files  []*source
}

// A source is a Go file.
type source struct {
	path   string
	syntax *ast.File
	test   bool // ends in _test.go
}

// A text is any file that is not binary.
type text struct {
	path    string
	content []byte
}

// load reads the module at the root of fsys. It leaves out what git ignores
// (bin, results), folders of other modules, and, for packages alone, what the
// go command ignores: testdata and names that begin with a dot or underscore.
func load(fsys fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	packages := make(map[[2]string]*pkg)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == ".git" || name == "bin" || name == "results" {
				return fs.SkipDir
			}
			if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil && name != "." {
				return fs.SkipDir
			}
			return nil
		}
		if info, err := d.Info(); err != nil || !d.Type().IsRegular() || info.Size() > maxText {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(content, 0) >= 0 {
			return nil
		}
		t.texts = append(t.texts, text{name, content})
		if path.Ext(name) != ".go" || ignoredByGo(name) {
			return nil
		}
		syntax, err := parser.ParseFile(t.fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("the rules need a tree that parses: %w", err)
		}
		key := [2]string{path.Dir(name), syntax.Name.Name}
		if packages[key] == nil {
			packages[key] = &pkg{folder: key[0], name: key[1]}
			t.packages = append(t.packages, packages[key])
		}
		p := packages[key]
		p.files = append(p.files, &source{name, syntax, strings.HasSuffix(name, "_test.go")})
		return nil
	})
	return t, err
}

// ignoredByGo reports whether the go command would not see a file.
func ignoredByGo(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return part == "testdata" || part[0] == '.' || part[0] == '_'
	})
}

// at is a finding at a position of a Go file.
func (t *tree) at(pos token.Pos, found, remedy string) finding {
	p := t.fset.Position(pos)
	return finding{p.Filename, p.Line, found, remedy}
}

// shipped returns the files of p that are not tests.
func (p *pkg) shipped() []*source {
	var files []*source
	for _, f := range p.files {
		if !f.test {
			files = append(files, f)
		}
	}
	return files
}

// external reports whether p is a folder's package of external tests.
func (p *pkg) external() bool {
	return strings.HasSuffix(p.name, "_test") && len(p.shipped()) == 0
}
