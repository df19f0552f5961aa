//go:build !nrkern_nohook

package simulate

import (
	"errors"
	"testing"
)

func TestParseScenario(t *testing.T) {
	for _, text := range []string{
		"nr", "multikernel,nodes=3,many=25,deaths=1", "bell,clients=3,unattended,exact",
		"nr,nodes=2,clients=1,operations=4,window=2,data-max=100,lead=50,many=10,polls=1,deaths=1,stops=2,keys=3",
	} {
		s, err := ParseScenario(text)
		if err != nil || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "nr,", "nr,nodes", "nr,nodes=x", "nr,nodes=-1", "nr,nodes=99999999999", "nr,knobs=1", "abacus", "group,deaths=1", "nr,nodes=9"} {
		if s, err := ParseScenario(text); !errors.Is(err, ErrScenario) {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

// TestReplayOfSchedule: what a schedule's text says is what runs again.
func TestReplayOfSchedule(t *testing.T) {
	const text = "c0x12 d0x1 c1x3 s1x50 k0"
	s, err := parseSchedule(text)
	if err != nil || s.String() != text {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{"c0", "k0x1", "x", "c", "c-1x1", "c0x0", "c0x9999999999999", "q0x1", "é"} {
		if s, err := parseSchedule(bad); !errors.Is(err, ErrScenario) {
			t.Errorf("%q: %v, %v", bad, s, err)
		}
	}
}
