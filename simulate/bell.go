//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"time"

	"github.com/nrkern/nrkern/transport"
)

const bellRingers = maxNodes

func layoutBell(l *transport.Layout, _ int) error {
	l.Add("mesh.bell.0", 0, transport.BellSize)
	l.Add("work", 0, bellRingers*transport.LineSize)
	return nil
}

// bootBell boots ringers, one a node, that publish work and ring, and as many
// sleepers of node 0 as it has clients, each of which must see all the work.
func bootBell(r *run) error {
	bell, err := transport.View[transport.Bell](r.memory.keep, "mesh.bell.0", 0)
	if err != nil {
		return err
	}
	work, err := transport.Slice[transport.Line](r.memory.keep, "work", 0, bellRingers)
	if err != nil {
		return err
	}
	for i := range r.Clients {
		r.addBare(0, fmt.Sprintf("sleeper %d", i), func() { r.sleeper(bell, work) })
	}
	for node := 1; node < max(2, r.Nodes); node++ {
		r.addBare(node, fmt.Sprintf("ringer %d", node), func() { r.ringer(bell, &work[node]) })
	}
	return nil
}

func (r *run) ringer(bell *transport.Bell, work *transport.Line) {
	var fence transport.Word
	for i := range r.Operations {
		work.Store(uint64(i + 1))
		transport.Fence(&fence)
		bell.Ring()
	}
}

func (r *run) sleeper(bell *transport.Bell, work []transport.Line) {
	for {
		before := r.look(work)
		if before == r.Operations*(max(2, r.Nodes)-1) {
			return
		}
		ticket := bell.Announce()
		if r.look(work) != before {
			bell.Withdraw(ticket)
			continue
		}
		bell.Sleep(ticket, time.Hour)
	}
}

// look returns how much work there has been.
func (r *run) look(work []transport.Line) (sum int) {
	for node := 1; node < max(2, r.Nodes); node++ {
		sum += int(work[node].Load())
	}
	return sum
}
