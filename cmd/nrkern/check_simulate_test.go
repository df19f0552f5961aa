package main

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/simulate"
)

func TestJudgementOfFound(t *testing.T) {
	for kind, want := range map[simulate.FailureKind]check.Judgement{
		simulate.FailureUnknown: check.Unknown, simulate.FailureHistory: check.Illegal, simulate.FailureDeadlock: check.Illegal,
	} {
		if got := judgementOf(&simulate.Found{Failure: simulate.Failure{Kind: kind}}); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

// TestHelpListsStructures: the help of check has every structure that can be
// searched.
func TestHelpListsStructures(t *testing.T) {
	for _, name := range simulate.Structures() {
		if !strings.Contains(newCheck(new(session)).Long, name) {
			t.Errorf("the help of check lacks %s", name)
		}
	}
}
