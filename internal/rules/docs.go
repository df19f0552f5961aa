package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// minSentences is how much a package doc says at least: what it is, how it is
// used, and who may use it at the same time.
const minSentences = 3

var sentenceEnd = regexp.MustCompile(`[.!?]["')\]]*(\s|$)`)

// checkPackageDocs asks every package for a doc comment worth reading.
func checkPackageDocs(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		if p.external() {
			continue
		}
		var doc string
		where := p.files[0].syntax.Package
		for _, f := range p.files {
			if text := f.syntax.Doc.Text(); len(text) > len(doc) {
				doc, where = text, f.syntax.Package
			}
		}
		opening := "Package " + p.name + " "
		if p.name == "main" {
			opening = "Command "
		}
		remedy := fmt.Sprintf("write a doc.go that begins %q and says the concept, a snippet or diagram, and the concurrency contract", strings.TrimSpace(opening))
		switch n := len(sentenceEnd.FindAllString(doc, -1)); {
		case doc == "":
			found = append(found, t.at(where, "package "+p.name+" has no package doc", remedy))
		case !strings.HasPrefix(doc, opening):
			found = append(found, t.at(where, fmt.Sprintf("the doc of package %s does not begin %q", p.name, strings.TrimSpace(opening)), remedy))
		case n < minSentences:
			found = append(found, t.at(where, fmt.Sprintf("the doc of package %s has %d of at least %d sentences", p.name, n, minSentences), remedy))
		}
	}
	return found
}

// checkExportedDocs asks every exported constant, variable, type, function and
// method of shipped code for a doc comment. Fields and the methods of
// unexported types are left to judgement; a comment on a group of constants or
// variables counts for all of them.
func checkExportedDocs(t *tree) []finding {
	var found []finding
	add := func(id *ast.Ident, kind, name string) {
		found = append(found, t.at(id.Pos(), fmt.Sprintf("exported %s %s has no doc comment", kind, name),
			"say above it what it is, with units, limits and errors, or unexport it"))
	}
	for _, p := range t.packages {
		for _, f := range p.shipped() {
			for _, d := range f.syntax.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					receiver := receiverName(d)
					if d.Doc.Text() != "" || !d.Name.IsExported() {
						continue
					}
					if d.Recv == nil {
						add(d.Name, "function", d.Name.Name)
					} else if ast.IsExported(receiver) {
						add(d.Name, "method", receiver+"."+d.Name.Name)
					}
				case *ast.GenDecl:
					for _, s := range d.Specs {
						switch s := s.(type) {
						case *ast.TypeSpec:
							documented := s.Doc.Text() != "" || s.Comment.Text() != "" || !d.Lparen.IsValid() && d.Doc.Text() != ""
							if s.Name.IsExported() && !documented {
								add(s.Name, "type", s.Name.Name)
							}
						case *ast.ValueSpec:
							if s.Doc.Text() != "" || s.Comment.Text() != "" || d.Doc.Text() != "" {
								continue
							}
							for _, id := range s.Names {
								if id.IsExported() {
									add(id, kindOf(d.Tok), id.Name)
								}
							}
						}
					}
				}
			}
		}
	}
	return found
}

func kindOf(tok token.Token) string {
	if tok == token.CONST {
		return "constant"
	}
	return "variable"
}

// receiverName returns the name of the type a method belongs to.
func receiverName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
