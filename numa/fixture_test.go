package numa

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// machines are the fixtures below testdata/machines, by name.
func machines(tb testing.TB) []string {
	paths, err := filepath.Glob("testdata/machines/*.txt")
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no machines in testdata: %v", err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".txt"))
	}
	return names
}

// machine gives the /sys of a fixture, with edits in the same form: a line
// "PATH = CONTENT" replaces a file, and "-PATH" removes the files at and below
// a path.
func machine(tb testing.TB, name string, edits ...string) fstest.MapFS {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/machines", name+".txt"))
	if err != nil {
		tb.Fatal(err)
	}
	sys := fstest.MapFS{}
	for _, line := range slices.Concat(strings.Split(string(text), "\n"), edits) {
		if err := addLine(sys, line); err != nil {
			tb.Fatalf("machine %s: line %q: %v", name, line, err)
		}
	}
	return sys
}

const systemDir = "devices/system/"

var braces = regexp.MustCompile(`\{[^}]*\}`)

func addLine(sys fstest.MapFS, line string) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	if below, remove := strings.CutPrefix(line, "-"); remove {
		if in := braces.FindString(below); in != "" {
			list, err := ParseList(in[1 : len(in)-1])
			for _, n := range list {
				err = errors.Join(err, addLine(sys, "-"+braces.ReplaceAllString(below, strconv.Itoa(n))))
			}
			return err
		}
		maps.DeleteFunc(sys, func(path string, _ *fstest.MapFile) bool {
			return path == systemDir+below || strings.HasPrefix(path, systemDir+below+"/")
		})
		return nil
	}
	path, content, found := strings.Cut(line, " = ")
	if !found {
		return fmt.Errorf("want PATH = CONTENT")
	}
	numbers := []int{0}
	if in := braces.FindString(path); in != "" {
		var err error
		if numbers, err = ParseList(in[1 : len(in)-1]); err != nil {
			return err
		}
	}
	for _, n := range numbers {
		at := braces.ReplaceAllString(path, strconv.Itoa(n))
		var failed error
		text := braces.ReplaceAllStringFunc(content, func(expr string) string {
			v, err := evaluate(expr[1:len(expr)-1], n)
			if err != nil {
				failed = err
			}
			return strconv.Itoa(v)
		})
		if failed != nil {
			return failed
		}
		sys[systemDir+at] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, `\n`, "\n") + "\n"), Mode: 0o444}
	}
	return nil
}

var operation = regexp.MustCompile(`^([-+*/%])(\d+)`)

// evaluate computes "n%4+8" from left to right.
func evaluate(expr string, n int) (int, error) {
	rest, found := strings.CutPrefix(expr, "n")
	if !found {
		return 0, fmt.Errorf("{%s} does not start with n", expr)
	}
	for rest != "" {
		m := operation.FindStringSubmatch(rest)
		if m == nil {
			return 0, fmt.Errorf("{%s}: cannot read %q", expr, rest)
		}
		by, err := strconv.Atoi(m[2])
		if err != nil {
			return 0, err
		}
		switch m[1] {
		case "+":
			n += by
		case "-":
			n -= by
		case "*":
			n *= by
		case "/":
			n /= by
		case "%":
			n %= by
		}
		rest = rest[len(m[0]):]
	}
	return n, nil
}

// readMachine is Read of a fixture, which must succeed.
func readMachine(tb testing.TB, sys fs.FS, lim Limits) *Topology {
	tb.Helper()
	top, err := Read(sys, lim)
	if err != nil {
		tb.Fatalf("Read: %v", err)
	}
	if err := consistent(top); err != nil {
		tb.Fatalf("inconsistent topology: %v", err)
	}
	return top
}

// consistent checks what every topology promises, whatever it was made from.
func consistent(top *Topology) error {
	if len(top.Nodes) == 0 {
		return fmt.Errorf("no nodes")
	}
	if top.Notes == nil {
		return fmt.Errorf("notes are nil, which prints as null in JSON")
	}
	serves := map[int]int{}
	for i, n := range top.Nodes {
		if n.ID != i {
			return fmt.Errorf("node %d has ID %d", i, n.ID)
		}
		if len(n.Cores) == 0 {
			return fmt.Errorf("node %d has no cores", i)
		}
		if len(n.Distance) != len(top.Nodes) || n.Distance[i] != LocalDistance {
			return fmt.Errorf("node %d has distances %v", i, n.Distance)
		}
		for j, d := range n.Distance {
			if d < LocalDistance || d > maxDistance || top.Nodes[j].Distance[i] != d {
				return fmt.Errorf("distance of nodes %d and %d is %d one way and %d the other", i, j, d, top.Nodes[j].Distance[i])
			}
		}
		if n.MemFree > n.MemTotal {
			return fmt.Errorf("node %d has more free memory than memory", i)
		}
		for _, id := range n.Cores {
			c, known := top.CPU(id)
			if !known || !c.Usable() {
				return fmt.Errorf("node %d has CPU %d, which is not usable", i, id)
			}
			if !top.Virtual && c.Node != n.Physical {
				return fmt.Errorf("node %d on Linux node %d has CPU %d of Linux node %d", i, n.Physical, id, c.Node)
			}
			serves[id]++
		}
	}
	shared := false
	for _, n := range serves {
		shared = shared || n > 1
	}
	if shared != top.Shared {
		return fmt.Errorf("Shared is %v, but CPUs serve %v cores", top.Shared, serves)
	}
	if !top.Virtual && len(serves) != len(top.Usable()) {
		return fmt.Errorf("nodes have %d CPUs of %d usable", len(serves), len(top.Usable()))
	}
	for i, c := range top.CPUs {
		if i > 0 && top.CPUs[i-1].ID >= c.ID {
			return fmt.Errorf("CPUs are not ascending at %d", c.ID)
		}
		if c.Online != (c.Node >= 0) || c.Online != (c.Core >= 0) || c.Online != (c.Package >= 0) {
			return fmt.Errorf("CPU %+v", c)
		}
		for _, id := range c.Siblings {
			s, known := top.CPU(id)
			if !known || s.Core != c.Core || !slices.Equal(s.Siblings, c.Siblings) {
				return fmt.Errorf("CPU %d has sibling %d, which does not agree", c.ID, id)
			}
		}
	}
	return nil
}
