//go:build !nrkern_nohook

package simulate

import "testing"

// TestDrainsBeforeDeath: some stores leave the buffer of every core of the node
// that is about to die, and of no other.
func TestDrainsBeforeDeath(t *testing.T) {
	m := new(Machine)
	for _, node := range []int{0, 1, 0, 0} {
		m.addCore(node, "core", nil)
	}
	for id, stores := range []int{3, 3, 0, 2} {
		m.cores[id].buffer = make([]pending, stores)
	}
	f := faults{{kind: actKill, node: 0, count: 5}} // 5 mod 4, and mod 3
	for _, want := range []action{{actDrain, 0, 1}, {actDrain, 3, 2}, {actKill, 0, 5}} {
		a, due := f.next(m)
		if !due || a != want {
			t.Errorf("%+v, %v: want %+v", a, due, want)
		}
		if a.kind == actDrain {
			c := m.cores[a.who]
			c.buffer = c.buffer[a.count:]
		}
	}
	if a, due := f.next(m); due {
		t.Errorf("%+v after the death", a)
	}
}

// TestIsDead: a kernel is dead also if one of its threads had ended before.
func TestIsDead(t *testing.T) {
	m := new(Machine)
	for _, node := range []int{0, 0, 1} {
		m.addCore(node, "core", nil)
	}
	m.cores[0].state = ended
	m.kill(0)
	if !m.isDead(0) || m.isDead(1) {
		t.Errorf("dead: %v, %v; want node 0 alone", m.isDead(0), m.isDead(1))
	}
}
