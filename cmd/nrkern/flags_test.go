package main

import (
	"slices"
	"strings"
	"testing"
)

func TestMarkNumbers(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"sys kv add 7 -5", "sys kv add 7 #-5"},
		{"sys kv add 7 -5 --node 1", "sys kv add 7 #-5 --node 1"},
		{"sys kv add 7 --node -1 -5", "sys kv add 7 --node -1 #-5"},
		{"sys kv add 7 --node=1 -5", "sys kv add 7 --node=1 #-5"},
		{"sys kv add -7 -5", "sys kv add #-7 #-5"},
		{"--run-dir d sys kv add 7 -5", "--run-dir d sys kv add 7 #-5"},
		{"sys kv add -- 7 -5", "sys kv add -- 7 -5"},
		{"sys kv get 7 -o json", "sys kv get 7 -o json"},
		{"sys kv get -x", "sys kv get -x"},
		{"sys kv put 7 -", "sys kv put 7 -"},
		{"start --home -1", "start --home -1"},
		{"", ""},
	} {
		got := strings.ReplaceAll(strings.Join(markNumbers(strings.Fields(c.line)), " "), numberMark, "#")
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"mode", "mode", 0}, {"mod", "mode", 1}, {"tpology", "topology", 1}, {"kitten", "sitting", 3},
	} {
		if got, back := editDistance(c.a, c.b), editDistance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestOperations(t *testing.T) {
	usage := "get KEY   the value\nput KEY V  store\nNumbers are whole.\n"
	if got, want := operations(usage), []string{"get", "put"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
