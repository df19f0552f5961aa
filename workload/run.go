package workload

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// sampleMask gives the distance from one timed operation to the next: 1 to 32,
// evenly, 16.5 on average.
const sampleMask = 31

// Run is one worker: it arrives at the gate, keeps the spec's window
// outstanding until ctl stops it, and returns what it did between warm-up and
// stop. Workers of one run have different numbers, which choose their random
// streams. The port must have nothing outstanding; nothing is at the return,
// except after an error of the port, which stops the others too.
func Run(port kernel.Port, s Spec, worker int, ctl *Control) (Outcome, error) {
	return RunCounted(port, s, worker, ctl, new(Progress))
}

// RunCounted is Run that counts the operations in progress too while it runs,
// warm-up included.
func RunCounted(port kernel.Port, s Spec, worker int, ctl *Control, progress *Progress) (Outcome, error) {
	w, err := newWorker(port, s, worker, ctl)
	if err != nil {
		ctl.Stop()
		return Outcome{}, err
	}
	w.progress = progress
	ctl.Arrive()
	ctl.Await()
	err = w.work()
	if err != nil {
		ctl.Stop()
		err = fmt.Errorf("worker %d: %w", worker, err)
	}
	return w.outcome(), err
}

// worker is the state of Run.
type worker struct {
	port    kernel.Port
	ops     []kernel.Op
	results []kernel.Result
	spec    Spec
	ctl     *Control
	gen     *generator
	clock   *Clock
	latency *Histogram

	// stamps has, for every place, a time at or before the start of its
	// operation. The lowest bit says that it is exact: the operation is timed.
	stamps [kernel.MaxWindow]uint64
	// last is the last time taken. oldest is the smallest stamp of those that
	// completed since then: the next time taken, less oldest, bounds the
	// latency of all of them.
	last, oldest, longest uint64

	// compare has the bits of a word read that must be those of its key, doubt
	// is 1 if every answer needs a closer look.
	compare, doubt uint64

	operations, reads, failures uint64
	progress                    *Progress
	told                        uint64 // of the operations, those in progress
	firstFailure                string
	began                       time.Time
	elapsed                     time.Duration
}

func newWorker(port kernel.Port, s Spec, id int, ctl *Control) (*worker, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if n := len(port.Ops()); n < s.Window {
		return nil, fmt.Errorf("worker %d: --window %d: its port was opened for %d: open it with the spec's window", id, s.Window, n)
	}
	w := &worker{
		port: port, ops: port.Ops()[:s.Window], results: port.Results()[:s.Window],
		spec: s, ctl: ctl, gen: newGenerator(s, id, s.Window),
		clock: ProcessClock(), latency: NewHistogram(),
	}
	if s.ValueBytes != 0 {
		w.doubt = 1
	} else if s.Prefill {
		w.compare = math.MaxUint32
	}
	w.gen.prepare(w.ops)
	return w, nil
}

// work runs from the opening of the gate to the stop.
func (w *worker) work() error {
	phase := w.ctl.phase.Load()
	if phase == phaseStop {
		return nil
	}
	w.reset()
	for i := range w.ops {
		w.stamps[i] = w.last
		w.gen.next(&w.ops[i], i)
		w.port.Start(i)
	}
	return w.loop(phase)
}

// loop collects and starts operations until the run stops. It is one function,
// with what is random in one branch and the counts in registers, because this
// is what every operation of every structure pays besides the structure.
func (w *worker) loop(phase uint64) error {
	port, ops, results, gen, ctl := w.port, w.ops, w.results, w.gen, w.ctl
	untilSample := 1
	var operations, reads uint64
	for {
		i, err := port.Next()
		if err != nil {
			w.operations, w.reads = operations, reads
			w.finish(phase)
			return err
		}
		stamp := w.stamps[uint8(i)]
		if stamp < w.oldest {
			w.oldest = stamp
		}
		if stamp&1 != 0 {
			ns := w.clock.Nanoseconds(w.take() - stamp&^1)
			w.latency.Record(ns)
			w.progress.took(uint64(ns))
			w.tell(operations)
		}
		op, res := &ops[i], &results[i]
		read := uint64(op.Code >> 7) // 1 or 0
		operations++
		reads += read
		// Is there anything to look at? Nearly never.
		if w.doubt|uint64(res.Status)|(res.Value^op.Args[0])&-read&w.compare != 0 && !gen.expected(op, res, w.spec.Prefill) {
			w.fail(op, res)
		}

		if p := ctl.phase.Load(); p != phase {
			w.operations, w.reads = operations, reads
			w.tell(operations)
			w.told = 0
			if p == phaseStop {
				w.finish(phase)
				return w.drain(len(ops) - 1)
			}
			phase, operations, reads = p, 0, 0
			w.reset()
		}

		if gen.plain {
			// generator.next, by hand: it is too large to be inlined.
			r := gen.random.Next()
			key, _ := bits.Mul64(r, gen.keys)
			op.Code, op.Args[0], op.Args[1] = kv.CodePut|gen.readBit(r), key, value(key, r)
		} else {
			gen.next(op, i)
		}
		stamp = w.last
		if untilSample--; untilSample == 0 {
			untilSample = 1 + int(gen.random.Next()&sampleMask)
			stamp = w.take() | 1
		}
		w.stamps[uint8(i)] = stamp
		port.Start(i)
	}
}

// reset begins to count.
func (w *worker) reset() {
	w.latency.Reset()
	w.operations, w.reads, w.failures, w.firstFailure = 0, 0, 0, ""
	w.began = time.Now()
	w.last = w.clock.Ticks() &^ 1
	w.oldest, w.longest = w.last, 0
}

// finish ends the counting that began in a phase.
func (w *worker) finish(phase uint64) {
	if phase == phaseWarmup {
		w.reset() // it never measured
		return
	}
	w.take() // bounds what completed since the last one
	w.elapsed = time.Since(w.began)
}

// tell adds what is new to the operations in progress.
func (w *worker) tell(operations uint64) {
	w.progress.Operations.Add(operations - w.told)
	w.told = operations
}

// take takes the time, and with it the bound of what completed since it was
// last taken.
func (w *worker) take() uint64 {
	now := w.clock.Ticks() &^ 1
	w.longest = max(w.longest, now-w.oldest)
	w.last, w.oldest = now, now
	return now
}

func (w *worker) fail(op *kernel.Op, res *kernel.Result) {
	w.failures++
	if w.firstFailure == "" {
		w.firstFailure = fmt.Sprintf("operation %#x on key %d answered %s, value %#x, %d bytes",
			uint8(op.Code), op.Args[0], kv.Format(op, res), res.Value, len(res.Data))
	}
}

// drain collects what is outstanding.
func (w *worker) drain(n int) error {
	for ; n > 0; n-- {
		if _, err := w.port.Next(); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) outcome() Outcome {
	return Outcome{
		Workers: 1, Operations: w.operations, Reads: w.reads, Writes: w.operations - w.reads,
		Failures: w.failures, FirstFailure: w.firstFailure, Elapsed: w.elapsed,
		LatencyMax: time.Duration(w.clock.Nanoseconds(w.longest)), Latency: w.latency,
	}
}
