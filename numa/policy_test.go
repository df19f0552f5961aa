package numa

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// needNUMA skips where the kernel or a container forbids memory policies.
func needNUMA(t *testing.T) (node int) {
	t.Helper()
	top, err := Discover()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	onThread(func() { failed = SetPolicy(BindTo(top.Nodes[0].Memory)) })
	if errors.Is(failed, ErrPermission) || errors.Is(failed, ErrNotSupported) {
		t.Skip(failed)
	}
	if failed != nil {
		t.Fatal(failed)
	}
	return top.Nodes[0].Memory
}

func TestPolicyRoundTrip(t *testing.T) {
	node := needNUMA(t)
	for _, p := range []Policy{
		BindTo(node),
		{Mode: Preferred, Nodes: []int{node}},
		InterleaveOver(node),
		{}, // back to the default
	} {
		onThread(func() {
			if err := SetPolicy(p); err != nil {
				t.Error(err)
				return
			}
			got, err := GetPolicy()
			if err != nil || got.Mode != p.Mode || !slices.Equal(got.Nodes, p.Nodes) {
				t.Errorf("set %v, got %v, %v", p, got, err)
			}
		})
	}
}

func TestPolicyRefuses(t *testing.T) {
	needNUMA(t)
	onThread(func() {
		for _, test := range []struct {
			policy Policy
			kind   error
			want   string
		}{
			{BindTo(), ErrNode, "name at least one node"},
			{InterleaveOver(), ErrNode, "name at least one node"},
			{BindTo(1 << 20), ErrNode, "there is no node 1048576"},
			{BindTo(-1), ErrNode, "there is no node -1"},
			{BindTo(1000), ErrNode, "bind to node 1000: set_mempolicy: invalid argument (EINVAL); a node does not exist, has no memory, or is outside the cpuset (Mems_allowed: 0"},
			{Policy{Mode: Preferred, Nodes: []int{0, 1}}, ErrNode, "exactly one"},
			{Policy{Mode: Default, Nodes: []int{0}}, ErrNode, "takes no nodes"},
			{Policy{Mode: 17, Nodes: []int{0}}, ErrNotSupported, "mode 17"},
			{Policy{Mode: -1}, ErrNotSupported, "mode -1"},
		} {
			err := SetPolicy(test.policy)
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("SetPolicy(%v): %v; want %v with %q", test.policy, err, test.kind, test.want)
			}
		}
		if got, err := GetPolicy(); err != nil || got.Mode != Default {
			t.Errorf("refused policies left %v, %v", got, err)
		}
	})
	var errno unix.Errno
	onThread(func() {
		if err := SetPolicy(BindTo(1000)); !errors.As(err, &errno) || errno != unix.EINVAL {
			t.Errorf("%v does not unwrap to EINVAL", err)
		}
	})
}

func TestPolicyJSON(t *testing.T) {
	text, err := json.Marshal(BindTo(0, 1))
	if err != nil || string(text) != `{"mode":"bind","nodes":[0,1]}` {
		t.Errorf("%s, %v", text, err)
	}
	var p Policy
	if err := json.Unmarshal([]byte(`{"mode":"interleave","nodes":[2]}`), &p); err != nil || p.Mode != Interleave {
		t.Errorf("%v, %v", p, err)
	}
	if err := json.Unmarshal([]byte(`{"mode":"elsewhere"}`), &p); !errors.Is(err, ErrNotSupported) {
		t.Errorf("an unknown mode: %v", err)
	}
}

func TestSpreadOver(t *testing.T) {
	for want, nodes := range map[string][]int{
		"bind to node 2":          {2, 2},
		"interleave to nodes 0-1": {1, 0, 1},
	} {
		if got := SpreadOver(nodes...).String(); got != want {
			t.Errorf("%v: %q, want %q", nodes, got, want)
		}
	}
}
