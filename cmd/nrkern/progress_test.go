package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestBar: it says how far it is and how long the rest takes, never wider than
// the terminal, and is gone at the end.
func TestBar(t *testing.T) {
	for _, columns := range []int{40, 80, 200} {
		var b strings.Builder
		p := &bar{w: &b, name: "hashmap", columns: columns}
		p.Begin("hashmap/2x1 with a name that is longer than some terminals are wide", 100)
		p.drawn = time.Time{}
		p.Sample(42, 100, 75*time.Second)
		frames := strings.Split(b.String(), "\r\x1b[K")
		if last := frames[len(frames)-1]; !strings.Contains(last, "42 %  1 min 15 s left") || !strings.HasPrefix(last, "[#") {
			t.Errorf("%d columns: %q", columns, last)
		}
		for _, f := range frames {
			if n := utf8.RuneCountInString(f); n >= columns {
				t.Errorf("%d columns: %d are drawn: %q", columns, n, f)
			}
		}
		p.End()
		if !strings.HasSuffix(b.String(), "\r\x1b[K") {
			t.Errorf("left at the end: %q", b.String())
		}
	}
}

// TestProgressLines: elsewhere than on a terminal there are plain lines, not one
// a sample.
func TestProgressLines(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b, "hashmap (1 of 13)")
	p.Begin("hashmap/2x1", 100)
	for i := range 100 {
		p.Sample(i, 100, time.Second)
	}
	p.(*lines).said = time.Now().Add(-time.Minute)
	p.Sample(50, 100, 90*time.Second)
	p.End()
	want := "hashmap (1 of 13): hashmap/2x1 begins, 100 samples planned so far\nhashmap (1 of 13): 50 of 100 samples, about 1 min 30 s left\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
