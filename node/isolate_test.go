package node_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/node"
)

// peek is one access of node 0's kernel.
type peek struct {
	name, part string
	ring       int // to this node, -1 for no ring
	write      bool
	dies       bool // of it, if kernels are isolated
}

// TestPeek: without isolation a kernel can touch what is of others, with it the
// kernel that tries dies, and the machine says so. What a kernel needs it can
// touch in both.
func TestPeek(t *testing.T) {
	peeks := []peek{
		{"read what others say to each other", "mesh.from.1", 2, false, true},
		{"write a ring it reads", "mesh.from.1", 0, true, true},
		{"write who another is", "node.2", -1, true, true},
		{"stop the machine", "machine", -1, true, true},
		{"write its own ring", "mesh.from.0", 1, false, false},
		{"read a ring written for it", "mesh.from.2", 0, false, false},
		{"ring a bell", "mesh.bell.1", -1, false, false},
		{"read who another is", "node.2", -1, false, false},
	}
	for _, isolate := range []bool{false, true} {
		name := fmt.Sprintf("isolate=%v", isolate)
		start := func(t *testing.T) *node.Machine {
			c := config(t, node.ModeMultikernel, "3x1")
			c.Isolate = isolate
			m := boot(t, c)
			if a := sys(t, m, 2, "put", "7", "42"); a.Text != "stored" {
				t.Fatal(a.Text)
			}
			return m
		}
		touch := func(t *testing.T, m *node.Machine, p peek) error {
			offset := 0
			if p.ring >= 0 {
				offset = m.RingOffset(p.part, p.ring)
			}
			return m.Peek(limit(t), 0, p.part, offset, p.write)
		}
		t.Run(name+"/may", func(t *testing.T) {
			m := start(t)
			for _, p := range peeks {
				if p.dies && (isolate || p.part == "machine") { // that would stop the machine
					continue
				}
				if err := touch(t, m, p); err != nil {
					t.Errorf("%s: %v", p.name, err)
				}
			}
		})
		for _, p := range peeks {
			if !isolate || !p.dies {
				continue
			}
			t.Run(name+"/"+p.name, func(t *testing.T) {
				m := start(t)
				if err := touch(t, m, p); !errors.Is(err, node.ErrKernelDied) {
					t.Fatalf("it lives: %v", err)
				}
				if err := m.Wait(); !strings.Contains(err.Error(), "kernel of node 0") || !strings.Contains(err.Error(), "fault") {
					t.Errorf("%v; want the kernel of node 0 and its fault", err)
				}
			})
		}
	}
}

// TestIsolatedMachines: both placements work when no kernel reaches another's
// part of the segment. The other tests of the multikernel run so too: see
// variants.
func TestIsolatedMachines(t *testing.T) {
	for _, p := range multikernel.Placements() {
		t.Run(string(p), func(t *testing.T) {
			c := config(t, node.ModeMultikernel, "4x1")
			c.Isolate, c.Placement, c.RingSlots = true, string(p), 64
			m := boot(t, c)
			for key := range 50 {
				k := fmt.Sprint(key)
				if a := sys(t, m, key%4, "put", k, k); a.Text != "stored" {
					t.Fatal(a.Text)
				}
				if a := sys(t, m, (key+1)%4, "get", k); a.Text != k {
					t.Fatalf("key %s: %s", k, a.Text)
				}
			}
			judge(t, m, history(m, 3))
		})
	}
}
