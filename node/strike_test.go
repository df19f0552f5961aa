package node_test

import (
	"errors"
	"testing"

	"github.com/nrkern/nrkern/node"
)

// TestRefusedStrikes: a strike that cannot be is refused before anybody is stopped
// to take aim, and the machine goes on.
func TestRefusedStrikes(t *testing.T) {
	c := config(t, node.ModeNR, "2x1")
	c.Strikes = true
	m := boot(t, c)
	if _, err := m.Member(limit(t), node.MemberRequest{Node: 1, Action: node.MemberRemove}); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]node.StrikeRequest{
		"the last":        {Node: 0, Kind: node.StrikeKill, Aim: "append"},
		"removed":         {Node: 1, Kind: node.StrikeStop},
		"no kind":         {Node: 0, Aim: "append"},
		"no phase":        {Node: 0, Kind: node.StrikeStop, Aim: "lunch"},
		"no node":         {Node: 2, Kind: node.StrikeKill},
		"no node below 0": {Node: -1, Kind: node.StrikeKill},
	} {
		if _, err := m.Strike(limit(t), ask); !errors.Is(err, node.ErrUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := call(t, m, 0, "add", "5", "3"); got != "3" {
		t.Errorf("after them the sum is %s", got)
	}
}

// TestStrikeAtTheDead: whoever would stop a kernel that has just died hears that it
// has, at once; or meets the one that took its place.
func TestStrikeAtTheDead(t *testing.T) {
	c := config(t, node.ModeNR, "2x1")
	c.Strikes = true
	m := boot(t, c)
	for range 3 {
		if _, err := m.Strike(limit(t), node.StrikeRequest{Node: 1, Kind: node.StrikeKill}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Strike(limit(t), node.StrikeRequest{Node: 1, Kind: node.StrikeStop}); err != nil && !errors.Is(err, node.ErrKernelDied) {
			t.Errorf("stop of a kernel that has just died: %v", err)
		}
		waitFor(t, func() bool { return stateOf(t, m, 1) == node.StateRunning })
	}
}
