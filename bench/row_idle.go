package bench

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// idleReplica is what one replica that nobody calls costs a writer elsewhere, and
// what three do.
func idleReplica(s *Session) ([]Line, error) {
	h := shape{replicas: 1, threads: 1, window: 1, writes: 100}
	without, _, err := s.newNR(newGoMap, h)
	if err != nil {
		return nil, err
	}
	variants := []variant{onCPUs("without", s.one(), reading.perOperation, job{work: without.work})}
	var ends []func() error
	end := func() error {
		var errs []error
		for _, end := range ends {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	}
	for _, idle := range []int{1, 3} {
		h.replicas = 1 + idle
		d, group, err := s.newNR(newGoMap, h)
		if err != nil {
			return nil, errors.Join(err, end())
		}
		with := d[:1] // the other replicas have a place for a thread, and no thread
		for n := range idle {
			ends = append(ends, attend(s.cpus[1], group.Replica(1+n)))
		}
		variants = append(variants, onCPUs(idleName(idle), s.one(), reading.perOperation, job{work: with.work}))
	}
	found, err := s.interleave(how{row: "nr-idle-replica/writes=100", unit: NSPerOp}, variants)
	lines := append(compareAll(found, idleName(1), "without", atMost(1.1)), compareAll(found, idleName(3), "without", atMost(1.1))...)
	return lines, errors.Join(err, end())
}

func idleName(replicas int) string { return fmt.Sprintf("%d idle", replicas) }

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
