package probe

import (
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// newCounterArray makes an array of perf events with a place for each thread's
// counters. The library makes none with more places than CPUs, which is what
// counters of CPUs need.
func newCounterArray(places uint32) (*ebpf.Map, error) {
	attr := struct {
		kind, keySize, valueSize, maxEntries, flags uint32
	}{unix.BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, places, 0}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		return nil, fmt.Errorf("make an array of %d perf events: %w", places, errno)
	}
	return ebpf.NewMapFromFD(int(fd))
}
