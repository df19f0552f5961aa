package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// fakeScreen draws how it is sorted, on many lines.
type fakeScreen struct {
	looks int
	err   error
}

func (f *fakeScreen) refresh(context.Context) error { f.looks++; return f.err }
func (f *fakeScreen) print() error                  { return nil }
func (f *fakeScreen) columns() []string             { return []string{"a", "b", "c"} }
func (f *fakeScreen) draw(w io.Writer, by order) error {
	_, err := fmt.Fprintf(w, "look %d by %s %v\n%s", f.looks, by.column, by.reversed, strings.Repeat("line\n", 20))
	return err
}

// TestLiveKeys: keys sort, reverse, pause and quit; a screen is as high as the
// terminal; what goes wrong ends it.
func TestLiveKeys(t *testing.T) {
	sc := &fakeScreen{}
	m := &model{ctx: t.Context(), screen: sc, interval: time.Hour, by: order{column: "a"}}
	press := func(key rune) tea.Cmd {
		_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Code: key, Text: string(key)}))
		return cmd
	}
	shows := func(want string) {
		t.Helper()
		if text := m.View().Content; !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 10})
	sc.looks = 1
	m.Update(refreshed{})
	shows("look 1 by a false")
	shows("more lines")
	if lines := strings.Count(m.View().Content, "\n") + 1; lines > 10 {
		t.Errorf("%d lines on a terminal of 10", lines)
	}
	press('s')
	shows("by b false")
	press('S')
	press('S')
	press('r')
	shows("by c true")
	m.Update(tea.KeyPressMsg(tea.Key{Code: tea.KeySpace, Text: " "}))
	sc.looks = 2
	m.Update(refreshed{})
	shows("look 1")
	shows("PAUSED")
	if cmd := press('q'); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not quit")
	}
	failed := errors.New("the machine has gone")
	if _, cmd := m.Update(refreshed{failed}); cmd == nil || cmd() != tea.Quit() || !errors.Is(m.err, failed) {
		t.Errorf("after a failure: %v", m.err)
	}
}

func TestSortKernels(t *testing.T) {
	kernels := []topKernel{{Node: 1, Operations: new(uint64(5))}, {Node: 0, Operations: new(uint64(9))}}
	sortKernels(kernels, order{column: "node"})
	if kernels[0].Node != 0 {
		t.Errorf("by node: %+v", kernels)
	}
	sortKernels(kernels, order{column: "ops", reversed: true})
	if *kernels[0].Operations != 5 {
		t.Errorf("by ops, the smallest first: %+v", kernels)
	}
}
