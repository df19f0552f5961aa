package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// pointerMap is byte values as one would first write them: a map whose values
// are slices, which every write allocates and the collector chases.
type pointerMap struct {
	_ [128]byte
	kernel.Simple
	m map[uint64][]byte
	_ [128]byte
}

var _ kernel.Service = (*pointerMap)(nil)

// Apply puts a copy of Data under the key Args[0].
func (p *pointerMap) Apply(op *kernel.Op, _ *kernel.Result) {
	p.m[op.Args[0]] = append([]byte(nil), op.Data...)
}

// Query gets the bytes under the key Args[0].
func (p *pointerMap) Query(op *kernel.Op, res *kernel.Result) {
	v, ok := p.m[op.Args[0]]
	if !ok {
		res.Status = kernel.StatusNotFound
	}
	res.Data = append(res.Data, v...)
}

// Digest returns the number of keys: the replicas of this service are not
// compared.
func (p *pointerMap) Digest() uint64 { return uint64(len(p.m)) }

const (
	stateValue   = 100                   // bytes of a value
	emptyKeys    = 64                    // keys of an empty state
	collectEvery = 10 * time.Millisecond // from one cycle of the collector to the next
)

// stateLoad makes two replicas with a thread each over a state of a size in
// bytes, half of whose operations write. While it samples, the collector runs
// once every so often.
func stateLoad(name string, cpus [2]int, bytes uint64) (func(Span) (reading, error), error) {
	spec := workload.Default()
	spec.WriteRatio, spec.Window, spec.ValueBytes = 50, 1, stateValue
	spec.Keys = max(bytes/(stateValue+24), emptyKeys) // a value, its key, and its place
	fresh := func() kernel.Service { return kv.Definition().New() }
	switch name {
	case stateLarge:
	case stateEmpty:
		spec.Keys = emptyKeys
	case statePointer:
		fresh = func() kernel.Service { return &pointerMap{m: map[uint64][]byte{}} }
	default:
		return nil, fmt.Errorf("no load %q", name)
	}
	g, err := nrkernel.NewGroup(2, fresh, nrkernel.Options{Policy: &transport.Dedicated})
	if err != nil {
		return nil, err
	}
	filler, err := g.Replica(0).NewPort(16)
	if err != nil {
		return nil, err
	}
	if err := workload.Prefill(filler, spec, 0, 1); err != nil {
		return nil, err
	}
	if err := filler.Close(); err != nil { // each thread is alone at its replica
		return nil, err
	}
	runtime.GC()
	var ports [2]kernel.Port
	for i := range ports {
		if ports[i], err = g.Replica(i).NewPort(1); err != nil {
			return nil, err
		}
	}
	return func(span Span) (reading, error) {
		spec.Warmup, spec.Duration = span.Warmup, span.Duration
		return tail(spec, ports, cpus)
	}, nil
}

// tail runs a workload on two pinned threads, with the collector at work, and
// reads the tail of its latencies.
func tail(spec workload.Spec, ports [2]kernel.Port, cpus [2]int) (r reading, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(len(cpus) + 1))
	ctl := new(workload.Control)
	var all sync.WaitGroup
	var outcomes [2]workload.Outcome
	var errs [2]error
	var switches atomic.Int64
	for who := range ports {
		all.Go(func() {
			runtime.LockOSThread() // for life: the thread stays pinned
			if errs[who] = numa.Pin(cpus[who]); errs[who] != nil {
				ctl.Stop()
				return
			}
			before := measure.Preemptions()
			outcomes[who], errs[who] = workload.Run(ports[who], spec, who, ctl)
			switches.Add(measure.Preemptions() - before)
		})
	}
	all.Go(func() {
		for !ctl.Stopped() {
			time.Sleep(collectEvery)
			runtime.GC()
		}
	})
	err = ctl.Conduct(context.Background(), spec, len(ports))
	all.Wait()
	for _, failure := range append(errs[:], err) {
		if failure != nil {
			return r, failure
		}
	}
	outcomes[0].Merge(outcomes[1])
	if o := outcomes[0]; o.Failures > 0 {
		return r, fmt.Errorf("%w: %d of %d: %s", errWrongAnswer, o.Failures, o.Operations, o.FirstFailure)
	}
	sum := outcomes[0].Summary()
	return reading{
		operations: outcomes[0].Operations, elapsed: outcomes[0].Elapsed, preempted: switches.Load(),
		p999: time.Duration(sum.LatencyP999), worst: time.Duration(sum.LatencyMax),
	}, nil
}
