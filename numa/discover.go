package numa

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Discover reads the topology of this machine, within the affinity and cpuset
// of the calling thread. An unreadable one is an ErrNoTopology.
func Discover() (*Topology, error) {
	lim, err := CallerLimits()
	if err != nil {
		return nil, err
	}
	t, err := Read(os.DirFS("/sys"), lim)
	if err != nil {
		return nil, err
	}
	// A kernel without NUMA has no node directory, hence no size of memory by
	// node; its one node has all there is.
	if len(t.Nodes) == 1 && t.Nodes[0].MemTotal == 0 {
		var info unix.Sysinfo_t
		if unix.Sysinfo(&info) == nil {
			t.Nodes[0].MemTotal = info.Totalram * uint64(info.Unit)
			t.Nodes[0].MemFree = info.Freeram * uint64(info.Unit)
		}
	}
	return t, nil
}

// CallerLimits gives what the calling thread may use: its affinity, and the
// memory nodes of its cpuset.
func CallerLimits() (Limits, error) {
	cpus, err := Affinity()
	if err != nil {
		return Limits{}, fmt.Errorf("%w: %w", ErrNoTopology, err)
	}
	mems, err := allowedMems()
	if err != nil {
		mems = nil // no /proc, or a kernel without cpusets: no limit known
	}
	return Limits{CPUs: cpus, Mems: mems}, nil
}

// allowedMems reads the memory nodes of the calling thread's cpuset.
func allowedMems() ([]int, error) {
	data, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return nil, err
	}
	return parseMemsAllowed(string(data))
}

// parseMemsAllowed finds the line "Mems_allowed_list:	0-1" of a status file.
func parseMemsAllowed(status string) ([]int, error) {
	for line := range strings.Lines(status) {
		if list, found := strings.CutPrefix(line, "Mems_allowed_list:"); found {
			return ParseList(list)
		}
	}
	return nil, fmt.Errorf("numa: %w: no Mems_allowed_list in the thread's status", ErrNotSupported)
}
