package node_test

import (
	"slices"
	"testing"

	"github.com/nrkern/nrkern/node"
)

// TestSeveralLogs judges a machine whose state is dealt out to several logs: by
// histories with operations over several of them, by the probe on one key and on
// several that are raised together, and by the digests at rest.
func TestSeveralLogs(t *testing.T) {
	for _, logs := range []int{2, 4} {
		c := config(t, node.ModeNR, "2x1")
		c.Logs, c.LogSlots = logs, 64 // so that they are full all the time
		m := boot(t, c)
		for seed := range 6 {
			ask := history(m, seed)
			ask.Many = 20
			judge(t, m, ask)
		}
		for _, keys := range []uint64{1, 5} {
			ask := node.DefaultProbeRequest()
			ask.Reads, ask.Keys = 20_000, keys
			r, err := m.Probe(limit(t), ask)
			if err != nil {
				t.Fatal(err)
			}
			if r.Stale != 0 || r.Reads < 2*ask.Reads || r.Writes == 0 {
				t.Errorf("%d logs, %d keys: %+v", logs, keys, r.ProbeResult)
			}
			t.Logf("%d logs, %d keys: %+v", logs, keys, r.ProbeResult)
		}
		s, err := m.Status(limit(t), node.StatusRequest{Digest: true})
		if err != nil {
			t.Fatal(err)
		}
		first := s.Kernels[0]
		for _, k := range s.Kernels {
			if k.Digest != first.Digest || !slices.Equal(k.DigestAtLogs, first.DigestAtLogs) {
				t.Errorf("%d logs: node %d has digest %s at %v, node 0 %s at %v", logs, k.Node, k.Digest, k.DigestAtLogs, first.Digest, first.DigestAtLogs)
			}
			if len(k.Logs) != logs || k.Log != nil || len(k.DigestAtLogs) != logs {
				t.Errorf("%d logs: the status of node %d shows %d", logs, k.Node, len(k.Logs))
			}
			for i, l := range k.Logs {
				if l.Tail == 0 {
					t.Errorf("%d logs: nothing is in log %d", logs, i)
				}
			}
		}
	}
}
