package node_test

import (
	"testing"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/node"
)

// TestOrdeal kills and stops kernels under load: what callers outside saw has an
// order that explains it, and the replicas are equal at the end.
func TestOrdeal(t *testing.T) {
	c := config(t, node.ModeNR, "3x1")
	c.Strikes, c.LogSlots, c.StallBudget = true, 4096, 500*time.Millisecond
	m := boot(t, c)
	o := node.DefaultOrdeal()
	o.Kills, o.Stops = 6, 3
	if long() {
		o.Kills, o.Stops = 300, 50
	}
	r, err := o.Run(limit(t), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *r)
	if r.Judgement != check.OK {
		t.Errorf("%s: %s", r.Judgement, r.Excerpt)
	}
	if r.Kills != o.Kills || r.Stops != o.Stops || r.Operations == 0 || r.Rejoined < r.Kills {
		t.Errorf("%+v", *r)
	}
	equalDigests(t, m)
}
