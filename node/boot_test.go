package node_test

import (
	"fmt"
	"testing"

	"github.com/nrkern/nrkern/node"
)

func sys(t testing.TB, m node.API, at int, words ...string) *node.SysAnswer {
	t.Helper()
	a, err := m.Sys(limit(t), node.SysRequest{Node: at, Service: "kv", Words: words})
	if err != nil {
		t.Fatalf("sys kv %v at node %d: %v", words, at, err)
	}
	return a
}

// TestPutHereGetThere boots every structure on two and on four nodes, and has
// each node see what another wrote.
func TestPutHereGetThere(t *testing.T) {
	for _, mode := range node.Modes() {
		for _, topology := range []string{"2x1", "4x1"} {
			t.Run(fmt.Sprintf("%s/%s", mode, topology), func(t *testing.T) {
				m := boot(t, config(t, mode, topology))
				nodes := len(m.Topology().Nodes)
				for n := range nodes {
					key := fmt.Sprint(1000 + n)
					if a := sys(t, m, n, "put", key, fmt.Sprint(n)); a.Text != "stored" {
						t.Errorf("put at node %d: %q", n, a.Text)
					}
					for other := range nodes {
						if a := sys(t, m, other, "get", key); a.Text != fmt.Sprint(n) || a.Node != other {
							t.Errorf("get at node %d of what node %d put: %q (node %d)", other, n, a.Text, a.Node)
						}
					}
				}
			})
		}
	}
}
