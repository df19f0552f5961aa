package nrkernel_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// TestPassedOver: a node is passed over, and the others go round the logs many
// times without it. What its threads want meanwhile waits; when it is rebuilt it
// has the state of the others, and its threads go on.
func TestPassedOver(t *testing.T) {
	for _, logs := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d logs", logs), func(t *testing.T) {
			c := newCluster(t, 3, logs)
			const away = 2
			for i := range uint64(40) {
				c.put(t, int(i%3), i, i+1)
			}
			c.logs.PassOver(away)
			for log := range logs {
				if s := c.logs.Standing(away, log); s.Member || !s.Away || s.Filling != 0 {
					t.Errorf("log %d: %+v", log, s)
				}
			}
			reads, writes := nodePort(t, c.nodes[away], 1), nodePort(t, c.nodes[away], 1)
			answers := make(chan error, 2)
			// First round the log, so that the node finds none of the slots that it has
			// yet to read: to look at one while another writes there is its right, and
			// a race to the detector.
			for i := range uint64(10 * transport.MinLogSlots) {
				c.put(t, int(i%2), 100+i%7, i)
			}
			c.put(t, 0, 3, 33)
			go func() {
				got, err := kv.Client{Port: reads}.Get(3)
				if got != 33 {
					err = errors.Join(err, fmt.Errorf("key 3 holds %d", got))
				}
				answers <- err
			}()
			go func() {
				_, err := kv.Client{Port: writes}.Put(4, 44)
				answers <- err
			}()
			if _, _, err := c.nodes[away].Digest(); !errors.Is(err, nrkernel.ErrAway) {
				t.Errorf("digest of a node that was passed over: %v", err)
			}
			var state bytes.Buffer
			if err := c.nodes[away].Admit(1, &state); err == nil {
				t.Error("a node that was passed over admits another")
			}
			c.nodes[away].Quiesce()
			if err := c.nodes[0].Admit(away, &state); err != nil {
				t.Fatal(err)
			}
			if err := c.nodes[0].Admit(away, &state); !errors.Is(err, nrkernel.ErrReplica) {
				t.Errorf("admitted twice: %v", err)
			}
			for i := range uint64(10) {
				c.put(t, 1, 200+i, i)
			}
			if err := c.nodes[away].Rejoin(&state); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
			want, at, err := c.nodes[0].Digest()
			if err != nil {
				t.Fatal(err)
			}
			if got, index, err := c.nodes[away].Digest(); got != want || fmt.Sprint(index) != fmt.Sprint(at) || err != nil {
				t.Errorf("digest %x at %v (%v), want %x at %v", got, index, err, want, at)
			}
			c.put(t, away, 1, 1)
			if s := c.logs.Standing(away, 0); !s.Member || s.Away {
				t.Errorf("rebuilt: %+v", s)
			}
		})
	}
}
