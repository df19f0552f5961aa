package main

import (
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{grouped(0), "0"},
		{grouped(999), "999"},
		{grouped(1000), "1,000"},
		{grouped(-1234567), "-1,234,567"},
		{grouped(-100), "-100"},
		{rate(49_123_456), "49.1 M"},
		{rate(1500), "1.50 k"},
		{rate(12), "12.0"},
		{rate(0), "0.00"},
		{significant(0.1044), "0.104"},
		{significant(99.96), "100"},
		{significant(9.996), "10.0"},
		{significant(0.9996), "1.00"},
		{nanoseconds(840), "840 ns"},
		{nanoseconds(125_000), "125 us"},
		{nanoseconds(12_500_000), "12.5 ms"},
		{bytesOf(2 << 20), "2 MiB"},
		{bytesOf(1536), "1.5 KiB"},
		{bytesOf(7), "7 B"},
		{plural(1, "copy"), "1 copy"},
		{plural(2, "copy"), "2 copies"},
		{plural(0, "node"), "0 nodes"},
		{perOperation(nil), "-"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestGrid(t *testing.T) {
	g := newGrid("lrl", "NAME", "N", "")
	g.titles = map[int]string{1: "numbers"}
	g.add("a", "1,000", "x")
	g.add("longer", "1", "")
	var b strings.Builder
	if err := g.write(&b); err != nil {
		t.Fatal(err)
	}
	want := "        numbers\nNAME        N\na       1,000  x\nlonger      1\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestFold(t *testing.T) {
	var b strings.Builder
	fold(&b, "  ", strings.Repeat("word ", 50))
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > lineWidth || !strings.HasPrefix(line, "  word") {
			t.Errorf("line %q", line)
		}
	}
	if n := strings.Count(b.String(), "word"); n != 50 {
		t.Errorf("%d words, want 50", n)
	}
}
