package kernelview

import (
	"fmt"

	"github.com/cilium/ebpf/asm"

	"github.com/nrkern/nrkern/tracing/counter"
)

// errUnreferenced is the error of a program that does not use a map.
var errUnreferenced = asm.ErrUnreferencedSymbol

// addThreads tells the programs the threads of a process, for the events that
// name a thread. Those that start later are not known to them.
func (v *View) addThreads(pid int, index uint32) error {
	tids, err := counter.Threads(pid)
	if err != nil {
		return fmt.Errorf("the kernel's view: %w", err)
	}
	for _, tid := range tids {
		if err := v.maps["threads"].Put(uint32(tid), index); err != nil {
			return fmt.Errorf("the kernel's view: thread %d: %w", tid, err)
		}
	}
	return nil
}
