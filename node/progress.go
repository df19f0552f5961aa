package node

import "github.com/nrkern/nrkern/transport"

// progress is the operations of one thread that is at work. Only the thread
// writes it.
type progress struct {
	_    transport.Pad
	done transport.Counter
	_    transport.Pad
}

// progress returns a counter for the operations of a thread. The function that
// it returns puts them with those of the threads before it.
func (k *kernelProcess) progress() (*transport.Counter, func()) {
	p := new(progress)
	k.working.Lock()
	defer k.working.Unlock()
	k.live[p] = true
	return &p.done, func() {
		k.working.Lock()
		defer k.working.Unlock()
		delete(k.live, p)
		k.operations.Add(p.done.Load())
	}
}

// completed returns the operations since the start, of threads at work too.
func (k *kernelProcess) completed() uint64 {
	k.working.Lock()
	defer k.working.Unlock()
	n := k.operations.Load()
	for p := range k.live {
		n += p.done.Load()
	}
	return n
}
