package node

import (
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// progress is the operations of one thread that is at work. Only the thread
// writes it.
type progress struct {
	_    transport.Pad
	done workload.Progress
	_    transport.Pad
}

// progress returns a place for the operations of a thread. The function that it
// returns puts them with those of the threads before it.
func (k *kernelProcess) progress() (*workload.Progress, func()) {
	p := new(progress)
	k.working.Lock()
	defer k.working.Unlock()
	k.live[p] = true
	return &p.done, func() {
		k.working.Lock()
		defer k.working.Unlock()
		delete(k.live, p)
		k.operations.Add(p.done.Operations.Load())
		k.latencies.Add(&p.done)
	}
}

// completed returns the operations since the start, of threads at work too, and
// the latencies of those that were sampled.
func (k *kernelProcess) completed() (uint64, []workload.Latency) {
	k.working.Lock()
	defer k.working.Unlock()
	n, latencies := k.operations.Load(), k.latencies
	for p := range k.live {
		n += p.done.Operations.Load()
		latencies.Add(&p.done)
	}
	return n, latencies.Classes()
}
