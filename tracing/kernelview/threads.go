package kernelview

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cilium/ebpf/asm"
)

// errUnreferenced is the error of a program that does not use a map.
var errUnreferenced = asm.ErrUnreferencedSymbol

// addThreads tells the programs the threads of a process, for the events that
// name a thread. Those that start later are not known to them.
func (v *View) addThreads(pid int, index uint32) error {
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	if err != nil {
		return fmt.Errorf("the kernel's view: threads of process %d: %w", pid, err)
	}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if err := v.maps["threads"].Put(uint32(tid), index); err != nil {
			return fmt.Errorf("the kernel's view: thread %d: %w", tid, err)
		}
	}
	return nil
}
