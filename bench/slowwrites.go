package bench

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// stallLimit is the longest that a write may take while a peer pauses.
const stallLimit = time.Millisecond

// stalls is how many pauses a row goes through.
const stalls = 3

// slowWrites watches the latency of one thread's writes. A write during which
// Linux ran another program on the CPU is counted apart: it says nothing about
// the structure. Waiting, asleep or not, is no such write, but a yield that lets
// somebody else run looks like one: so a write that took half of a pause or longer
// counts always.
type slowWrites struct {
	clock    *workload.Clock
	switches int64 // preemptions seen so far
	writes   uint64
	// paused tells when the pause has begun. The write that is under way then
	// is the first that counts.
	paused    func() bool
	watching  bool
	pause     time.Duration
	worst     time.Duration
	slow      int // writes that took stallLimit or longer
	preempted int
}

// suspicious is the latency from which on a write is looked at closely.
const suspicious = 100 * time.Microsecond

func (s *Session) newSlowWrites(paused func() bool) *slowWrites {
	return &slowWrites{pause: s.Stall, clock: workload.ProcessClock(), switches: measure.Preemptions(), paused: paused}
}

// write executes one write and notes how long it took.
func (s *slowWrites) write(p kernel.Port, op kernel.Op) error {
	before := s.clock.Ticks()
	_, err := kernel.Call(p, op)
	took := time.Duration(s.clock.Nanoseconds(s.clock.Ticks() - before))
	s.writes++
	if !s.watching && s.paused() {
		s.watching, s.worst, s.slow, s.preempted = true, 0, 0, 0
	}
	if took < suspicious && s.writes%64 != 0 {
		s.worst = max(s.worst, took)
		return err
	}
	now := measure.Preemptions()
	switch {
	case now != s.switches && took >= suspicious && took < s.pause/2:
		s.preempted++
	case took >= stallLimit:
		s.slow++
		fallthrough
	default:
		s.worst = max(s.worst, took)
	}
	s.switches = now
	return err
}

// add adds what another watch saw.
func (s *slowWrites) add(other *slowWrites) {
	s.writes += other.writes
	s.worst = max(s.worst, other.worst)
	s.slow += other.slow
	s.preempted += other.preempted
}

// writerLoop writes until stopped, watching each write.
func (s *Session) writerLoop(p kernel.Port, watch *slowWrites, stop *atomic.Bool, pace time.Duration) error {
	m := newMix(s.Keys, 100, 0)
	for !stop.Load() {
		key, value, _ := m.next()
		op := kernel.Op{Service: 1, Code: codePut, Args: [kernel.MaxArgs]uint64{key, value}}
		if err := watch.write(p, op); err != nil {
			return err
		}
		if pace > 0 {
			time.Sleep(pace)
		}
	}
	return nil
}

// alone has the same thread write to the table without a structure for as long
// as a pause: what it sees is the machine, such as a host that takes the CPU
// away without a word.
func (s *Session) alone() (*slowWrites, error) {
	d, err := s.newTable(newGoMap, shape{window: 1, writes: 100})
	if err != nil {
		return nil, err
	}
	watch := s.newSlowWrites(func() bool { return true })
	var stop atomic.Bool
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for life: the thread stays pinned
		if err := numa.Pin(s.cpus[0]); err != nil {
			ended <- err
			return
		}
		watch.switches = measure.Preemptions()
		ended <- s.writerLoop(d[0].port, watch, &stop, 0)
	}()
	time.Sleep(s.Stall)
	stop.Store(true)
	return watch, <-ended
}

// stallRow goes through some pauses, each followed by as long without a
// structure, and makes the line.
func (s *Session) stallRow(point string, once func() (*slowWrites, error)) (Line, error) {
	ours, machine := new(slowWrites), new(slowWrites)
	for range stalls {
		for _, side := range []struct {
			sum  *slowWrites
			once func() (*slowWrites, error)
		}{{ours, once}, {machine, s.alone}} {
			got, err := side.once()
			if err != nil {
				return Line{}, err
			}
			side.sum.add(got)
			time.Sleep(s.Pause)
		}
	}
	l := alone("nr, worst write", LatencyMax, exactly(float64(ours.worst)), atMost(float64(stallLimit)))
	machineWorst := exactly(float64(machine.worst))
	l.Case, l.ReferenceName, l.Reference = point, "no structure, worst", &machineWorst
	l.Reason = fmt.Sprintf("writes of %v or more: %d, and %d without a structure in as long; set aside because Linux ran another program: %d, and %d",
		stallLimit, ours.slow, machine.slow, ours.preempted, machine.preempted)
	if l.Verdict == Missed && ours.slow <= 2*machine.slow && ours.worst < 10*machine.worst {
		l.Verdict = NotMeasured
		l.Reason = "this machine stalls a thread for as long without any structure: " + l.Reason
	}
	return l, s.ctx.Err()
}

// exactly is an estimate of what is known: the worst of all, say.
func exactly(v float64) Estimate { return Estimate{Median: v, Low: v, High: v, Samples: 1} }
