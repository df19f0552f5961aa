package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// simulatable are the folders whose shipped code must run unchanged on the
// simulated machine: services, and the protocols of the structures.
var simulatable = []string{"kernel", "combining", "nrkernel", "multikernel"}

// unsimulated are the packages whose effects a simulated machine does not see:
// a schedule found by a seed could not be replayed. Each stands for everything
// below it too.
var unsimulated = []struct{ path, instead string }{
	{"sync", "share through the words of transport"},
	{"time", "time comes in as a parameter"},
	{"math/rand", "randomness comes in as a parameter"},
	{"crypto/rand", "randomness comes in as a parameter"},
	{"hash/maphash", "its seed differs in every process: use a fixed hash"},
	{"runtime", "waiting is transport's wait"},
	{"os", "I/O belongs to node or cmd"},
	{"net", "I/O belongs to node or cmd"},
	{"syscall", "system calls belong to numa, transport or node"},
	{"golang.org/x/sys", "system calls belong to numa, transport or node"},
	{"unsafe", "views of shared memory belong to transport"},
	{"log", "return an error: node and cmd log"},
	{"go.uber.org/zap", "return an error: node and cmd log"},
	{"context", "waiting is transport's wait, and its deadlines are a clock"},
}

// checkSimulatable holds the protocol code to what a simulator can run.
func checkSimulatable(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		if !slices.ContainsFunc(simulatable, func(s string) bool { return within(p.folder, s) }) {
			continue
		}
		for _, f := range p.shipped() {
			found = append(found, t.unsimulatedImports(f)...)
			found = append(found, t.unsimulatedStatements(f)...)
		}
		found = append(found, t.mutableGlobals(p)...)
	}
	return found
}

func (t *tree) unsimulatedImports(f *source) []finding {
	var found []finding
	for _, spec := range f.syntax.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		for _, u := range unsimulated {
			if within(name, u.path) {
				found = append(found, t.at(spec.Pos(),
					fmt.Sprintf("simulatable code imports %s", name), u.instead))
			}
		}
	}
	return found
}

// unsimulatedStatements finds concurrency that the simulator's scheduler does
// not control, and recover, which would let a killed core go on.
func (t *tree) unsimulatedStatements(f *source) []finding {
	var found []finding
	add := func(n ast.Node, what, remedy string) {
		found = append(found, t.at(n.Pos(), "simulatable code "+what, remedy))
	}
	const wait = "threads meet in the words of transport, and wait there"
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			add(n, "starts a goroutine", "whoever owns the thread calls this code: node, or the simulator")
		case *ast.ChanType:
			add(n, "uses a channel", wait)
		case *ast.SelectStmt:
			add(n, "selects on channels", wait)
		case *ast.SendStmt:
			add(n, "sends on a channel", wait)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				add(n, "receives from a channel", wait)
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "recover" {
				add(n, "recovers from a panic", "a killed core unwinds by panic: let it pass")
			}
		}
		return true
	})
	return found
}
