package transport

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSubHandOvers(t *testing.T) {
	before := []HandOver{{0, 1, CauseEntry, 5}, {1, 0, CauseEntry, 7}}
	now := []HandOver{{0, 1, CauseEntry, 9}, {1, 0, CauseEntry, 7}, {Somewhere, 1, CauseReuse, 2}}
	want := []HandOver{{0, 1, CauseEntry, 4}, {Somewhere, 1, CauseReuse, 2}}
	if diff := cmp.Diff(want, SubHandOvers(now, before)); diff != "" {
		t.Error(diff)
	}
}
