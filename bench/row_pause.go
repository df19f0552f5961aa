package bench

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// pausedThread writes at one replica while a thread of the same replica and
// one of the other, which were writing too, pause.
func pausedThread(s *Session) ([]Line, error) {
	line, err := s.stallRow(fmt.Sprintf("%d x %v", stalls, s.Stall), s.pauseOnce)
	if err != nil {
		return nil, err
	}
	return []Line{line}, nil
}

func (s *Session) pauseOnce() (*slowWrites, error) {
	d, _, err := s.newNR(newGoMap, shape{replicas: 2, threads: 2, window: 1, writes: 100})
	if err != nil {
		return nil, err
	}
	var (
		all    sync.WaitGroup
		stop   atomic.Bool
		paused atomic.Int64
		watch  = s.newSlowWrites(func() bool { return paused.Load() == 2 })
		errs   = make([]error, 3)
	)
	// The writer has the first CPU; the peers share the other one.
	all.Go(func() {
		runtime.LockOSThread() // for life: the thread stays pinned
		if errs[0] = numa.Pin(s.cpus[0]); errs[0] == nil {
			errs[0] = s.writerLoop(d[0].port, watch, &stop, 0)
		}
	})
	busy := 5 * time.Millisecond
	var peers sync.WaitGroup
	for i, l := range []*load{d[1], d[2]} {
		peers.Go(func() {
			runtime.LockOSThread()
			if errs[1+i] = numa.Pin(s.cpus[1]); errs[1+i] != nil {
				return
			}
			clock := workload.ProcessClock()
			_, errs[1+i] = l.run(clock.Ticks() + uint64(float64(busy)*measure.TicksPerNanosecond()))
			for collected := 0; collected < len(l.ops) && errs[1+i] == nil; collected++ {
				_, errs[1+i] = l.port.Next() // a pausing thread holds nothing
			}
			paused.Add(1)
			time.Sleep(s.Stall)
		})
	}
	peers.Wait()
	stop.Store(true)
	all.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	return watch, nil
}
