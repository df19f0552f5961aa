package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// constantCalls are the functions whose result may initialise a package-level
// variable of simulatable code: the result is a constant in all but name.
var constantCalls = map[string]bool{
	"hash/crc32.MakeTable": true,
	"hash/crc64.MakeTable": true,
}

// sentinel matches the name of a sentinel error, which may come from
// errors.New or from a function that makes an error of a constant.
var sentinel = regexp.MustCompile(`^[eE]rr[A-Z]`)

// mutableGlobals finds package-level variables that can hold state. What is
// allowed: sentinel errors, tables (composite literals), blank variables, and
// none of them may be written.
func (t *tree) mutableGlobals(p *pkg) []finding {
	var found []finding
	g := globals{tree: t, tables: make(map[types.Object]bool)}
	g.resolve(p)
	for _, f := range p.shipped() {
		imports := importNames(f.syntax)
		for _, d := range f.syntax.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.VAR {
				continue
			}
			for _, s := range decl.Specs {
				spec := s.(*ast.ValueSpec)
				for i, name := range spec.Names {
					if name.Name == "_" {
						continue
					}
					if !constant(spec, i, imports) {
						found = append(found, t.at(name.Pos(),
							fmt.Sprintf("simulatable code has the package-level variable %s", name.Name),
							"make it const, a field of a value that its users hold, or a table: an array, slice, map or struct literal that is never written"))
						continue
					}
					g.tables[g.info.Defs[name]] = true
				}
			}
		}
	}
	for _, f := range p.shipped() {
		found = append(found, g.writes(f)...)
	}
	return found
}

// constant reports whether the i-th variable of a declaration starts as a
// sentinel error or a table.
func constant(spec *ast.ValueSpec, i int, imports map[string]string) bool {
	if len(spec.Values) != len(spec.Names) {
		return false
	}
	switch v := ast.Unparen(spec.Values[i]).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		if sentinel.MatchString(spec.Names[i].Name) {
			return true
		}
		sel, ok := v.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		id, ok := sel.X.(*ast.Ident)
		return ok && constantCalls[imports[id.Name]+"."+sel.Sel.Name]
	}
	return false
}

// importNames maps the name of each import of a file to its path.
func importNames(f *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range f.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		name := packageName(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// packageName guesses a package's name from its import path.
func packageName(p string) string {
	name := path.Base(p)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(p))
	}
	return name
}

// globals knows the package-level variables of a package that must stay as
// they are, and finds what changes them.
type globals struct {
	tree   *tree
	info   *types.Info
	tables map[types.Object]bool
}

// resolve types the package as far as that goes without its imports, which
// tells a package-level variable from a local one of the same name.
func (g *globals) resolve(p *pkg) {
	g.info = &types.Info{
		Defs:       make(map[*ast.Ident]types.Object),
		Uses:       make(map[*ast.Ident]types.Object),
		Selections: make(map[*ast.SelectorExpr]*types.Selection),
	}
	var files []*ast.File
	for _, f := range p.shipped() {
		files = append(files, f.syntax)
	}
	config := types.Config{Importer: blindImporter{}, Error: func(error) {}}
	// The error is about what the blind importer does not know.
	_, _ = config.Check(p.folder, g.tree.fset, files, g.info)
}

// blindImporter knows the name of every package and nothing that is in it.
type blindImporter struct{}

func (blindImporter) Import(p string) (*types.Package, error) {
	found := types.NewPackage(p, packageName(p))
	found.MarkComplete()
	return found, nil
}

// writes finds what may change a table: assignment, address taken, a builtin
// that writes, or a method with a pointer receiver.
func (g *globals) writes(f *source) []finding {
	var found []finding
	check := func(e ast.Expr, how string) {
		if id := root(e); id != nil && g.tables[g.info.Uses[id]] {
			found = append(found, g.tree.at(e.Pos(),
				fmt.Sprintf("simulatable code %s the package-level variable %s", how, id.Name),
				"package-level tables are constant: copy it into a value that its users hold"))
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				check(e, "writes")
			}
		case *ast.IncDecStmt:
			check(n.X, "writes")
		case *ast.RangeStmt:
			check(n.Key, "writes")
			check(n.Value, "writes")
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				check(n.X, "takes the address of")
			}
		case *ast.CallExpr:
			switch fun := n.Fun.(type) {
			case *ast.Ident:
				if len(n.Args) > 0 && (fun.Name == "delete" || fun.Name == "clear" || fun.Name == "copy") {
					check(n.Args[0], "writes")
				}
			case *ast.SelectorExpr:
				if g.hasPointerReceiver(fun) {
					check(fun.X, "calls a method that may write")
				}
			}
		}
		return true
	})
	return found
}

func (g *globals) hasPointerReceiver(e *ast.SelectorExpr) bool {
	s := g.info.Selections[e]
	if s == nil || s.Kind() != types.MethodVal {
		return false
	}
	_, pointer := s.Obj().Type().(*types.Signature).Recv().Type().(*types.Pointer)
	return pointer
}

// root returns the variable that an expression reads its way in from, or nil.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}
