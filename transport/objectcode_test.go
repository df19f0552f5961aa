//go:build !race

package transport

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// These are compiled for TestHeaderStoreComesLast and TestAccessesInline to
// look at.

//go:noinline
func fillAndPublish(s *Slot, v, header uint64) {
	p := s.Fill()
	p[0], p[1], p[2], p[3], p[4], p[5], p[6] = v, v+1, v+2, v+3, v+4, v+5, v+6
	s.Publish(header)
}

//go:noinline
func fillZeroAndPublish(s *Slot, header uint64) {
	*s.Fill() = Payload{}
	s.Publish(header)
}

//go:noinline
func fillFromAndPublish(s *Slot, from *Payload, header uint64) {
	*s.Fill() = *from
	s.Publish(header)
}

//go:noinline
func readSlot(s *Slot, want uint64) uint64 {
	if s.Header() != want {
		return 0
	}
	p := s.Read()
	return p[0] + p[6]
}

//go:noinline
func loadWord(w *Word) uint64 { return w.Load() }

//go:noinline
func storeWord(w *Word, v uint64) { w.Store(v) }

//go:noinline
func swapWord(w *Word, v uint64) uint64 { return w.Swap(v) }

//go:noinline
func casWord(w *Word, old, v uint64) bool { return w.CompareAndSwap(old, v) }

//go:noinline
func fillChannel(c *Channel, v uint64) { c.Fill(1)[2] = v }

//go:noinline
func readPart(c *Channel) uint64 { return c.Part(1)[2] }

// TestCompiledAccesses calls them, so that the linker keeps them.
func TestCompiledAccesses(t *testing.T) {
	var s Slot
	fillFromAndPublish(&s, &Payload{9, 9}, 1)
	fillZeroAndPublish(&s, 2)
	fillAndPublish(&s, 5, 3)
	if got := readSlot(&s, 3); got != 16 || readSlot(&s, 2) != 0 {
		t.Errorf("read %d", got)
	}
	var w Word
	storeWord(&w, 1)
	if swapWord(&w, 2) != 1 || !casWord(&w, 2, 3) || casWord(&w, 2, 4) || loadWord(&w) != 3 {
		t.Error("a word does not work")
	}
	a, b := newPair(t, 8, 8, 0)
	fillChannel(a, 7)
	a.Send(2)
	if b.Receive() == nil || readPart(b) != 7 {
		t.Error("a channel does not work")
	}
}

// instruction is one line of go tool objdump.
type instruction struct {
	file    string // "slot.go:40"
	at      uint64
	op      string
	operand string
}

var (
	objectLine = regexp.MustCompile(`^\s+(\S+:\d+)\s+0x([0-9a-f]+)\s+[0-9a-f]+\s+(\S.*?)\s*$`)
	memory     = regexp.MustCompile(`^(-?(?:0x)?[0-9a-f]*)\((\w+)\)(?:\((\w+)\*\d\))?$`)
)

// isStore reports whether the instruction writes memory other than the stack.
func (i instruction) isStore() bool {
	if i.op == "CALL" {
		return strings.HasPrefix(i.operand, "runtime.memmove")
	}
	if i.op == "CMPQ" || i.op == "CMPB" || strings.HasPrefix(i.op, "TEST") || strings.HasPrefix(i.op, "NOP") || strings.HasPrefix(i.op, "LEA") {
		return false
	}
	parts := strings.Split(i.operand, ", ")
	m := memory.FindStringSubmatch(parts[len(parts)-1])
	return m != nil && m[2] != "SP"
}

func (i instruction) isRelease() bool { return strings.HasPrefix(i.file, "release.go:") }

// disassemble returns the machine code of functions of this package as a
// program would have it. It is built here, because go test strips its own.
func disassemble(t *testing.T, functions ...string) map[string][]instruction {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skipf("needs the go tool to look at object code: %v", err)
	}
	binary := filepath.Join(t.TempDir(), "transport.test")
	if out, err := exec.CommandContext(t.Context(), goTool, "test", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the test binary: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), goTool, "tool", "objdump", "-s", `nrkern/transport\.`, binary).Output()
	if err != nil {
		t.Fatalf("disassemble: %v", err)
	}
	found := map[string][]instruction{}
	name := ""
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, "TEXT "); ok {
			name, _, _ = strings.Cut(text, "(SB)")
			name = name[strings.LastIndexByte(name, '/')+1:]
			name = strings.TrimPrefix(name, "transport.")
			continue
		}
		m := objectLine.FindStringSubmatch(line)
		if m == nil || !slices.Contains(functions, name) {
			continue
		}
		at, err := strconv.ParseUint(m[2], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		op, operand, _ := strings.Cut(m[3], " ")
		if op == "LOCK" {
			second, rest, _ := strings.Cut(operand, " ")
			op, operand = op+" "+second, rest
		}
		found[name] = append(found[name], instruction{m[1], at, op, strings.TrimSpace(operand)})
	}
	for _, f := range functions {
		if len(found[f]) == 0 {
			t.Fatalf("no object code of %s", f)
		}
	}
	return found
}

// TestHeaderStoreComesLast: the release store of package transport is a plain
// store, and only the compiler keeps it after the payload's. This looks at what
// it made of it.
func TestHeaderStoreComesLast(t *testing.T) {
	fills := []string{"fillAndPublish", "fillZeroAndPublish", "fillFromAndPublish"}
	for name, code := range disassemble(t, fills...) {
		t.Run(name, func(t *testing.T) {
			var stores []instruction
			for _, i := range code {
				if i.isStore() {
					stores = append(stores, i)
				}
			}
			if len(stores) < 2 {
				t.Fatalf("found %d stores: the test does not understand the object code:\n%v", len(stores), code)
			}
			header := stores[len(stores)-1]
			if !header.isRelease() || header.op != "MOVQ" {
				t.Errorf("the last store to the slot is %+v, want the header's, a MOVQ of release.go", header)
			}
			for _, s := range stores[:len(stores)-1] {
				if s.isRelease() {
					t.Errorf("the header is stored by %+v, before the payload's %+v", s, stores[len(stores)-1])
				}
			}
			// In the order of addresses is in the order of time, if nothing jumps
			// back from after the header's store to before it, but the calls of a
			// hook and of a larger stack.
			for k, i := range code {
				if !strings.HasPrefix(i.op, "J") || i.at < header.at {
					continue
				}
				to, err := strconv.ParseUint(strings.TrimPrefix(i.operand, "0x"), 16, 64)
				if strings.HasSuffix(i.operand, "(SB)") { // back to the start, with a larger stack
					continue
				}
				if err != nil {
					t.Fatalf("%+v: %v", i, err)
				}
				if to <= header.at && !afterHook(code[:k]) {
					t.Errorf("%+v jumps back to before the header's store", i)
				}
			}
		})
	}
}

// afterHook reports whether the code ends in a call of a hook, and the moves
// that follow one.
func afterHook(code []instruction) bool {
	for _, i := range slices.Backward(code) {
		switch {
		case i.op == "CALL":
			return strings.Contains(i.operand, "transport.hook")
		case strings.HasPrefix(i.op, "J") || i.op == "RET":
			return false
		}
	}
	return false
}

// TestAccessesInline: a shared access is its instruction and the test of the
// hook, and calls nothing else. The channel's own stores are plain ones.
func TestAccessesInline(t *testing.T) {
	want := map[string]string{ // the instruction that there must be, if any
		"loadWord":           "MOVQ",
		"storeWord":          "MOVQ",
		"swapWord":           "XCHGQ",
		"casWord":            "LOCK CMPXCHGQ",
		"readSlot":           "MOVQ",
		"fillAndPublish":     "MOVQ",
		"fillZeroAndPublish": "MOVQ",
		"fillChannel":        "MOVQ",
		"readPart":           "MOVQ",
		"(*Channel).Send":    "MOVQ",
		"(*Channel).Receive": "MOVQ",
		"(*Channel).Release": "ADDQ",
	}
	locked := []string{"swapWord", "casWord"}
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	for name, code := range disassemble(t, names...) {
		seen := false
		for _, i := range code {
			seen = seen || i.op == want[name]
			called := i.op == "CALL" && !slices.ContainsFunc([]string{
				"transport.hook", "runtime.morestack", "runtime.panicBounds", "transport.(*Channel).tell",
			}, func(allowed string) bool { return strings.Contains(i.operand, allowed) })
			if called {
				t.Errorf("%s calls %s (%s): it is not inlined", name, i.operand, i.file)
			}
			if !slices.Contains(locked, name) && (strings.HasPrefix(i.op, "XCHG") || strings.HasPrefix(i.op, "LOCK")) {
				t.Errorf("%s has %s %s (%s), which drains the store buffer", name, i.op, i.operand, i.file)
			}
		}
		if !seen {
			t.Errorf("%s has no %s:\n%v", name, want[name], code)
		}
	}
}
