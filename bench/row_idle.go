package bench

import (
	"errors"
	"runtime"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// idleReplica is what a replica that nobody calls costs a writer elsewhere.
func idleReplica(s *Session) ([]Line, error) {
	h := shape{replicas: 1, threads: 1, window: 1, writes: 100}
	without, _, err := s.newNR(newGoMap, h)
	if err != nil {
		return nil, err
	}
	h.replicas = 2
	with, group, err := s.newNR(newGoMap, h)
	if err != nil {
		return nil, err
	}
	with = with[:1] // the other replica has a place for a thread, and no thread
	end := attend(s.cpus[1], group.Replica(1))
	found, err := s.interleave(how{row: "nr-idle-replica/writes=100", unit: NSPerOp}, []variant{
		onCPUs("with", s.one(), reading.perOperation, job{work: with.work}),
		onCPUs("without", s.one(), reading.perOperation, job{work: without.work}),
	})
	return compareAll(found, "with", "without", atMost(1.2)), errors.Join(err, end())
}

// attend serves a node from a thread of its own, as a kernel process does,
// until end.
func attend(cpu int, node combining.Server) (end func() error) {
	stop := &transport.Apart[transport.Line](1)[0]
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for life: the thread stays pinned
		err := numa.Pin(cpu)
		if err == nil {
			err = combining.Attend(node, &stop.Word, &transport.Dedicated)
		}
		ended <- err
	}()
	return func() error {
		stop.Swap(1)
		node.Bell().Ring()
		return <-ended
	}
}
